// libos/core/exceptions.hpp - an application handles its own exceptions.
//
// Without a handler an exception ends the run, and the libOS says which one and where. With one,
// the application looks at what was saved, edits it, and goes on, without the exokernel:
//
//     libos::ExceptionAnswer by_seven(std::uint64_t vector, abi::SaveArea& state) {
//         if (vector != abi::exception::divide_error)
//             return libos::ExceptionAnswer::unhandled;
//         state.rcx = 7; // `div %rcx` is tried again with this divisor
//         return libos::ExceptionAnswer::resume;
//     }
//     ...
//     libos::set_exception_handler(by_seven);
//
// Page faults are the pager's (libos/vm) and do not come here.

#pragma once

#include <cstdint>

#include "bindings/abi/exception.hpp"
#include "bindings/abi/processor_environment.hpp"

namespace libos {

enum class ExceptionAnswer : std::uint8_t {
    unhandled, // the run ends, as it would without a handler
    resume,    // the program goes on with what `state` holds now
};

/// `vector` is one of bindings/abi/exception.hpp. `state` is the interrupted program: registers,
/// rflags, rsp, rip and the hardware's error code. For a fault rip is that of the instruction,
/// which is tried again unless the handler moves it; for a trap (breakpoint, single step) it lies
/// behind the instruction. What the handler leaves in the registers is what the program goes on
/// with.
///
/// It runs on the upcall stack with upcalls disabled: it must not fault, wait or use SSE. The trap
/// flag is cleared before the program goes on: in user mode the sequence that resumes would be
/// stepped through first.
using ExceptionHandler = ExceptionAnswer (*)(std::uint64_t vector, abi::SaveArea& state);

/// Registers `handler` for all threads (nullptr: none) and returns the one before it.
ExceptionHandler set_exception_handler(ExceptionHandler handler);

} // namespace libos
