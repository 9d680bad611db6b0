// exokernel/environment/run_vector.hpp - whose turn it is.
//
// Each processor has a fixed vector of positions and goes round it; it prefers nobody. Positions
// are a resource: an environment is started in one that a processor-time binding covers, and runs
// on the processor whose position that is.

#pragma once

#include <cstdint>

#include "bindings/abi/error.hpp"
#include "exokernel/environment/environment.hpp"

namespace exokernel {

inline constexpr std::uint32_t run_positions = abi::positions_per_processor;

/// Runs the next runnable environment behind the current position, does one step of clean-up for
/// one that is ending, or idles until there is something to do.
[[noreturn]] void run_next();

/// Puts the environment into the first free position of [first, first + count), which it keeps as
/// long as the binding that it has it through; `through`: reference, 0: for good. Error:
/// limit_reached.
abi::Result<void> enter_run_vector(Environment& environment, std::uint64_t first,
                                   std::uint64_t count, std::uint32_t through);
void leave_run_vector(Environment& environment);

/// The binding of processor time is going: who runs through it stops where it is. False: the step
/// is used up.
bool take_positions(const CapabilityEntry& time, std::uint32_t& work);

/// Makes every environment that is blocked now try its call again. One step may do so for many
/// reasons, so all positions are looked at once: before anybody else is blocked or has a turn.
void wake_blocked();
void settle_blocked();

/// After transfers have ended there are places on the device, and calls may have waited for them:
/// wakes the blocked, and raises `io_completion` for every environment whose requests found no
/// place and that has no transfer of its own in flight, which would tell it.
void wake_after_transfers();

} // namespace exokernel
