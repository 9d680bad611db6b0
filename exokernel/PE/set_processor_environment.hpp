// exokernel/PE/set_processor_environment.hpp - what an environment's upcalls are delivered by.

#pragma once

#include "exokernel/environment/environment.hpp"

namespace exokernel {

/// Takes a frame of the environment's for its PE page, or for a page of its request area: zeroed,
/// and pinned until it ends.
void make_pe_page(Environment& environment, const CapabilityEntry& frame);
void make_request_page(Environment& environment, unsigned index, const CapabilityEntry& frame);

/// Records the PE frame, the upcall stacks and the resume range as they are registered now.
void record_processor_environment(const Environment& environment);

} // namespace exokernel
