// exokernel/arch/x86_64/timer.hpp - when the one-shot timer is armed.
//
// It is armed only for a reason: a transfer whose modelled service time is not over, or the limit
// of the environment that runs. With neither there is no timer interrupt at all.

#pragma once

#include <cstdint>

namespace exokernel {

/// Arms the timer for the earliest reason, or disarms it; does nothing if it is right already.
void rearm_timer();

/// Disarms it: before the halt that waits for a device's own interrupt.
void disarm_timer();

/// Halts with interrupts on until `flag` is set by an interrupt handler, which this clears.
void halt_until(volatile std::uint32_t& flag);

} // namespace exokernel
