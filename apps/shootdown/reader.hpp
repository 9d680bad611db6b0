// apps/shootdown/reader.hpp - a libOS on another processor, whose TLB holds what it has read.

#pragma once

#include <cstdint>

namespace shootdown {

inline constexpr std::uint64_t pages = 64;                // that are mapped and taken away
inline constexpr std::uint64_t pages_begin = 0x2000'0000; // in the reader's address space
inline constexpr std::uint64_t last_round = ~std::uint64_t{0};

// One page that the first libOS and a reader share.
struct Shared {
    volatile std::uint64_t round;    // the first libOS: read all pages; last_round: end
    volatile std::uint64_t finished; // the reader: this round is done
    volatile std::uint64_t sum;      // of what it has read
};

/// Where processors take turns (`-icount`), this passes the turn on.
inline void pause() { asm volatile("pause" : : : "memory"); }

/// Reads every page once a round, and spins in between: it runs, and its TLB has them all.
int read_until_told();

} // namespace shootdown
