// apps/discontinuities/experiments.hpp - making each discontinuity happen, once.

#pragma once

#include "apps/discontinuities/discontinuity.hpp"

namespace discontinuities {

// ---- exceptions --------------------------------------------------------------------------------
Discontinuity divide_error();
Discontinuity invalid_opcode();
Discontinuity breakpoint();
Discontinuity single_step();
Discontinuity privileged();
Discontinuity misaligned();
/// `happened` is false where the processor does not raise it.
Discontinuity alignment_check();

// ---- the others --------------------------------------------------------------------------------
struct PageFault {
    Discontinuity fault;      // of the first thread
    Discontinuity completion; // of its read, while another thread computes
};
/// `page` must not have been touched.
PageFault page_fault(const std::byte* page);
Discontinuity system_call();
Discontinuity timer();

} // namespace discontinuities
