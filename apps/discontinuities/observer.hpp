// apps/discontinuities/observer.hpp - the handlers behind the PE's entries that watch.
//
// Exceptions are handled here (libos/core/exceptions.hpp). Page faults and completions stay the
// pager's: its handlers are called, after what was saved has been noted.

#pragma once

#include "apps/discontinuities/discontinuity.hpp"

namespace discontinuities::observer {

/// What the handler edits in the interrupted program before it goes on.
using Repair = void (*)(abi::SaveArea& state, const Instruction& instruction);

/// Takes the entries over. The pager must have been set up.
void begin();

/// The next exception is that of `it`, and `repair` mends it. Until `expect_nothing`.
void expect_exception(Discontinuity& it, Repair repair);
void expect_page_fault(Discontinuity& it);
void expect_completion(Discontinuity& it);
void expect_nothing();

/// Completions that the libOS was told of; instructions.S waits for it to move.
std::uint64_t completions();

/// What the PE page says of the last interrupt is what interrupted `it`.
void take_interrupt(Discontinuity& it);

} // namespace discontinuities::observer
