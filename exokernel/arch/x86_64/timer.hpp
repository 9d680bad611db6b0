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

/// Lets time pass until the time stamp counter reads `due`, to the instruction. Under -icount the
/// halted processor's clock is moved by the emulator's other thread, which can be a few dozen ticks
/// too far when it is busy with the disk at that moment; so the halt ends early and the rest is
/// executed.
void wait_until(std::uint64_t due);

/// Halts with interrupts on until `flag` is set by an interrupt handler, which this clears.
void halt_until(volatile std::uint32_t& flag);

} // namespace exokernel
