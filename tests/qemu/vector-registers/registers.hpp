// tests/qemu/vector-registers/registers.hpp - the registers that the compiler of a libOS does not
// touch: ymm0 to ymm15, the x87 stack with its control word, MXCSR.

#pragma once

#include <cstdint>

namespace registers {

// What a thread puts into them; filled with bits that are of this thread and round only.
struct State {
    alignas(32) std::uint64_t ymm[16][4];
    std::uint64_t x87[8]; // whole numbers of 62 bits: they come out as they went in
    std::uint32_t mxcsr;
    std::uint16_t control;
};

constexpr State pattern(std::uint64_t thread, std::uint64_t round) {
    std::uint64_t seed = (thread + 1) << 32 | (round + 1);
    const auto next = [&seed] {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        return seed ^ seed >> 29;
    };
    State state{};
    for (auto& lanes : state.ymm)
        for (std::uint64_t& lane : lanes)
            lane = next();
    for (std::uint64_t& value : state.x87)
        value = next() >> 2;
    // All exceptions masked; rounding, flush to zero and denormals as zero differ.
    state.mxcsr = static_cast<std::uint32_t>(0x1f80 | (thread & 3) << 13 | (round & 1) << 15 |
                                             (thread >> 2 & 1) << 6);
    state.control = static_cast<std::uint16_t>(0x037f | ((thread + round) & 3) << 10);
    return state;
}

// What a thread finds when it begins.
constexpr State initial() {
    State state{};
    state.mxcsr = 0x1f80;
    state.control = 0x037f;
    return state;
}

void load(const State& state);
void store(State& state);

/// The x87 registers that are in use, as the tag word of `fnstenv` has them.
std::uint16_t tags_in_use();

inline bool same(const State& a, const State& b) {
    return __builtin_memcmp(a.ymm, b.ymm, sizeof a.ymm) == 0 &&
           __builtin_memcmp(a.x87, b.x87, sizeof a.x87) == 0 && a.mxcsr == b.mxcsr &&
           a.control == b.control;
}

} // namespace registers
