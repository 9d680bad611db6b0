// exokernel/PE/set_processor_environment.hpp - what an environment's upcalls are delivered by.

#pragma once

#include "exokernel/environment/environment.hpp"

namespace exokernel {

/// Records the PE frame, the upcall stacks and the resume range as they are registered now.
void record_processor_environment(const Environment& environment);

} // namespace exokernel
