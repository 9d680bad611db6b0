// libos/core/fpu.hpp - saves and restores the FPU, SSE and AVX state of a thread.
//
// With `xsave` where the exokernel has enabled it, for everything it enabled; else with `fxsave`.
// The libOS itself uses none of these registers.

#pragma once

#include <cstddef>

namespace libos::fpu {

/// Looks at what the processor has, and keeps the present state as that of every new thread.
void start();

/// A state area with the initial state in it, from the heap, for ever.
std::byte* new_state();

/// Between the processor and an area of new_state. Upcalls must be disabled.
void save(std::byte* area);
void restore(const std::byte* area);

} // namespace libos::fpu
