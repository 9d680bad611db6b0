// exokernel/support/panic.hpp - the end of a kernel whose invariant is broken, and of a run.
//
// Panic is for the kernel's own faults only; nothing that an environment can do leads here.

#pragma once

#include <cstdint>

#include "bindings/abi/recording.hpp"

namespace exokernel {

struct Registers;

/// Prints a one-screen report (addresses only), leaves the place in the run's result, which the
/// host symbolises, and stops the machine. `a` of a page fault is its address.
[[noreturn, gnu::noinline]] void panic(const char* what, std::uint64_t a = 0, std::uint64_t b = 0,
                                       const Registers* state = nullptr);

/// The kernel was given something it cannot start with: says what and why, and stops.
[[noreturn]] void refuse_to_boot(const char* what, const char* detail = "");

/// Ends the run: the outcome goes to the recording region and to the debug-exit device.
[[noreturn]] void stop_machine(abi::Outcome outcome);

} // namespace exokernel
