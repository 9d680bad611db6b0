// tools/profiler/coherence.hpp - which accesses a cache-coherent machine would turn into messages.
//
// Caches that are as large as memory, lines of 64 bytes, invalidated when another processor writes:
// a line is modified (one processor has it), shared (several do) or invalid, MSI. What is counted
// depends on the order of the accesses only. An atomic read-modify-write is a read and then a
// write.

#pragma once

#include <bit>
#include <cstdint>
#include <unordered_map>

namespace profiler {

inline constexpr std::uint64_t line_bytes = 64;

struct Traffic {
    std::uint64_t reads = 0, writes = 0;
    std::uint64_t remote_reads = 0;  // reads of a line that another processor wrote since
    std::uint64_t remote_writes = 0; // writes of a line that others had: each is a message
    std::uint64_t invalidations = 0; // copies that others lost by that

    Traffic& operator+=(const Traffic& other) {
        reads += other.reads;
        writes += other.writes;
        remote_reads += other.remote_reads;
        remote_writes += other.remote_writes;
        invalidations += other.invalidations;
        return *this;
    }
    friend bool operator==(const Traffic&, const Traffic&) = default;
};

class Coherence {
public:
    /// What one access of `processor` (below 32) to `line` adds.
    Traffic read(unsigned processor, std::uint64_t line) {
        State& state = lines_[line];
        const bool has = (state.holders & bit(processor)) != 0;
        state.holders |= bit(processor);
        // A line that it does not have has been written by another, or by nobody so far.
        return {.reads = 1, .remote_reads = !has && state.written ? 1u : 0u};
    }
    Traffic write(unsigned processor, std::uint64_t line) {
        State& state = lines_[line];
        const std::uint32_t others = state.holders & ~bit(processor);
        state = {.holders = bit(processor), .written = true};
        return {.writes = 1,
                .remote_writes = others != 0 ? 1u : 0u,
                .invalidations = static_cast<std::uint64_t>(std::popcount(others))};
    }

private:
    static std::uint32_t bit(unsigned processor) { return 1u << processor; }

    struct State {
        std::uint32_t holders = 0; // a bit for each processor that has a copy
        bool written = false;      // since counting began
    };
    std::unordered_map<std::uint64_t, State> lines_;
};

} // namespace profiler
