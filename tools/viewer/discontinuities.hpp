// tools/viewer/discontinuities.hpp - what came between two instructions of a program.
//
// All exceptions of the run, then the first of each kind of what comes by the thousand: a page
// fault, interrupts (by vector and by the PE entry through which they are told), a system call.

#pragma once

#include <string>

#include "tools/viewer/exceptions.hpp"

namespace viewer {

/// Numbered from 1; `faults` are those of the recording. The page fault is the first that was
/// resumed; an interrupt is one of a program that goes on after it; the system call is one of
/// `null`, if there was one, because it is nothing else.
std::vector<Exception> find_discontinuities(const recording::Recording& recording,
                                            const std::vector<Fault>& faults,
                                            std::uint64_t instructions_per_record);

/// "vector 6 (invalid opcode)", "interrupt 0x40 (the timer's)", "system call null".
std::string what_of(const Exception& exception);

/// What was saved, which entry of the PE was taken, how the program went on: a sentence each.
std::string outcome_of(const Exception& exception);

} // namespace viewer
