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

/// Three lines of registers on the console.
void print_registers(const Registers& state);

/// Leaves what trapped, and where, in the run's result. `address`: of a page fault, else 0.
void note_place(const Registers& state, std::uint64_t address);

/// The kernel was given something it cannot start with: says what and why, and stops.
[[noreturn]] void refuse_to_boot(const char* what, const char* detail = "");

/// Ends the run: the outcome goes to the recording region and to the debug-exit device.
[[noreturn]] void stop_machine(abi::Outcome outcome);

} // namespace exokernel
