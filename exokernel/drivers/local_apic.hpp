// exokernel/drivers/local_apic.hpp - the local APIC and its one-shot timer.

#pragma once

#include <cstdint>

namespace exokernel {

/// Enables the local APIC (xAPIC), silences the legacy PICs, sets the timer to one-shot mode at
/// divide-by-one. Under -icount shift=0 one timer tick is one instruction.
void start_local_apic();

std::uint8_t local_apic_identity();

/// Fires `ticks` from now (1 to 2^32-1); 0 disarms.
void set_timer(std::uint32_t ticks);

/// Interrupts the processor with that local APIC.
void send_interrupt(std::uint32_t target, std::uint64_t vector);
/// Resets it. Some time later it can be told to begin, in real mode, at the start of `page`, which
/// lies below 1 MiB; once it has begun that is without effect.
void send_init(std::uint32_t target);
void send_startup(std::uint32_t target, std::uint64_t page);

/// Ends the interrupt in service.
void end_of_interrupt();

/// Timer ticks per 1024 ticks of the time stamp counter: 1024 in the deterministic profile.
std::uint64_t timer_ratio();
/// Measures it against the ACPI PM timer (other profiles).
void calibrate_timer();

} // namespace exokernel
