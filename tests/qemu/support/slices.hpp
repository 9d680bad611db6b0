// tests/qemu/support/slices.hpp - children with slices, and what they do in them.

#pragma once

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/processors.hpp"

namespace slices {

namespace call = libos::system_call;

/// The n-th position of a processor.
constexpr std::uint64_t position(std::uint64_t processor, std::uint64_t n) {
    return processor * abi::positions_per_processor + n;
}

inline void bind(const child::Child& made, std::uint64_t at, std::uint64_t length) {
    (void)check::needed(
        "binding a slice",
        call::bind_slice(made.environment, world::start().processor_time, at, length));
}

/// A child that runs `function` in a slice.
inline child::Child with_slice(void (*function)(std::uint64_t), std::uint64_t at,
                               std::uint64_t length, std::uint64_t argument = 0) {
    const child::Child made = child::build({.memory_limit = 2});
    bind(made, at, length);
    (void)check::needed("starting a child", child::start(made, function, argument, {}));
    return made;
}

/// Its PE page, mapped for good.
inline volatile abi::ProcessorEnvironmentPage& pe_of(const child::Child& made) {
    static unsigned page = 480;
    (void)world::install(++page, made.pe_frame);
    return *reinterpret_cast<volatile abi::ProcessorEnvironmentPage*>(world::address(page));
}

// -- what children do: word 0 of the page that they share counts
// -----------------------------------

inline void counts(std::uint64_t) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        processors::pause();
    }
}

/// Hands each of its slices on to the environment with this name.
inline void hands_on(std::uint64_t to) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        (void)call::yield_to({to});
        processors::pause();
    }
}

} // namespace slices
