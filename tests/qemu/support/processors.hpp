// tests/qemu/support/processors.hpp - for tests on several processors.

#pragma once

#include <cstdint>

#include "tests/qemu/support/world.hpp"

namespace processors {

/// Where the emulator has processors take turns, this passes the turn on.
inline void pause() { asm volatile("pause" : : : "memory"); }

/// Whether `word` gets past `value` in bounded time.
inline bool rises_above(const volatile std::uint64_t& word, std::uint64_t value) {
    for (std::uint64_t i = 0; i != 5'000'000 && word <= value; ++i)
        pause();
    return word > value;
}

/// The positions on a processor.
inline abi::Capability time_of(std::uint64_t processor) {
    return world::derived(world::start().processor_time, abi::rights::control,
                          processor * abi::positions_per_processor, abi::positions_per_processor);
}

} // namespace processors
