// exokernel/environment/limit.hpp - the one one-shot limit of an environment.

#pragma once

#include "exokernel/environment/environment.hpp"

namespace exokernel {

/// Called on a timer interrupt in ring 3: acts if the limit of the running environment is due.
/// Returns whether its turn is over.
bool check_limit(Environment& environment);

/// The limit counts only the environment's own time: stops and starts its clock.
void stop_limit_clock(Environment& environment);
void start_limit_clock(Environment& environment);

} // namespace exokernel
