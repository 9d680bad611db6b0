// exokernel/environment/end_environment.hpp - the end of an environment, by itself or by force.

#pragma once

#include "exokernel/environment/environment.hpp"

namespace exokernel {

/// Marks the environment as ending: it never runs again. What it created follows, and what they
/// hold goes back, in steps that `run_next` takes. The end of the first environment is the run's
/// end: that does not return. Harmless if it is ending already.
void end_environment(Environment& environment, EndReason reason, std::uint64_t fault_address);

// Environments that are ending, through next_ending; the latest first.
extern constinit Environment* ending;
inline bool is_any_ending() { return ending != nullptr; }

/// One bounded step of clean-up for the environments that are ending. Returns whether there is
/// more that can be done now.
bool clean_up_step();

/// The creator's capability of an environment is going.
void forget_own_capability(const CapabilityEntry& entry);

} // namespace exokernel
