// libos/sync/shared_memory.hpp - what locks and barriers are made of: words, lines, `pause`.
//
// A lock or barrier lies where its user puts it, mostly in a frame that environments on several
// processors share, perhaps at different addresses: it holds indices, no pointers. Zeroed memory,
// as every new frame is, is a free lock and a barrier that nobody has entered. Whoever takes part
// has a number of its own, below `most_participants`.
//
// The algorithms are templates over a Platform, which has words and a way to pause: `Processors` in
// a libOS, threads or a counting memory in the tests.

#pragma once

#include <cstddef>
#include <cstdint>

namespace libos::sync {

inline constexpr std::size_t line_bytes = 64;         // what processors pass to each other
inline constexpr std::uint32_t most_participants = 8; // as many as there may be processors
inline constexpr std::uint32_t most_rounds = 3;       // that double up to as many
static_assert(1u << most_rounds == most_participants);

// A word that several processors read and write. A load acquires, a store releases, and
// read-modify-writes do both: what one has written before its store another sees after its load.
class Word {
public:
    std::uint64_t load() const { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
    void store(std::uint64_t value) { __atomic_store_n(&value_, value, __ATOMIC_RELEASE); }
    std::uint64_t exchange(std::uint64_t value) {
        return __atomic_exchange_n(&value_, value, __ATOMIC_ACQ_REL);
    }
    std::uint64_t fetch_add(std::uint64_t value) {
        return __atomic_fetch_add(&value_, value, __ATOMIC_ACQ_REL);
    }
    /// Stores `value` where `expected` is; whether it was.
    bool compare_exchange(std::uint64_t expected, std::uint64_t value) {
        return __atomic_compare_exchange_n(&value_, &expected, value, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    }

private:
    std::uint64_t value_;
};

struct Processors {
    using Word = sync::Word;
    /// Where processors take turns (`-icount`), this passes the turn on.
    static void pause() { asm volatile("pause" : : : "memory"); }
};

// A word with a line to itself.
template <class Platform> struct alignas(line_bytes) Line {
    typename Platform::Word word;
};

/// Spins until `word` is `value`: only reads, so that the line stays where it is until it changes.
template <class Platform>
void wait_until(const typename Platform::Word& word, std::uint64_t value) {
    while (word.load() != value)
        Platform::pause();
}

} // namespace libos::sync
