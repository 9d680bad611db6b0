// exokernel/environment/limit.hpp - the one one-shot limit of an environment.

#pragma once

#include "exokernel/environment/environment.hpp"

namespace exokernel {

/// Called on a timer interrupt in ring 3: acts if the limit of the running environment is due.
/// Returns whether its turn is over.
bool check_limit(Environment& environment);

} // namespace exokernel
