// exokernel/environment/run_vector.hpp - whose turn it is.
//
// Each processor has a fixed vector of positions and goes round it; it prefers nobody. Positions
// are a resource: an environment is given slices, positions on one processor, through a binding of
// processor time. A slice has a length, or lasts until it is given up.

#pragma once

#include "exokernel/environment/environment.hpp" // IWYU pragma: export

namespace exokernel {

inline constexpr std::uint32_t run_positions = abi::positions_per_processor;

struct Slice {
    Environment* environment; // whose it is; null: it is free
    std::uint64_t length;     // ticks; 0: until it is given up
    std::uint32_t through;    // reference of the binding that it was given through; 0: for good
};

/// Of all processors: position n is that of processor n / run_positions.
Slice& slice_at(std::uint64_t position);

/// Runs the next runnable environment behind the current position, does one step of clean-up for
/// one that is ending, or idles until there is something to do.
[[noreturn]] void run_next();

/// Gives the environment the free slice at `position`, on its processor.
void give_slice(std::uint64_t position, const Slice& slice);

/// If the slice at `position` is on, it is over now, whoever runs in it.
void end_slice_at(std::uint64_t position);

/// Takes it from who has it. What one without a slice is asked for is taken by force.
void take_slice(std::uint64_t position);

void leave_run_vector(Environment& environment);

/// The slice at the processor's position begins, or the turn of who has the processor ends.
void begin_slice(const Slice& slice);
void end_slice();

/// On a timer interrupt in ring 3: whether the slice is over, and the time to say goodbye as well.
/// Before that time the environment is told, once.
bool check_slice(Environment& environment);

/// The binding of processor time is going: who runs through it stops where it is. False: the step
/// is used up.
bool take_positions(const CapabilityEntry& time, std::uint32_t& work);

/// Makes every environment that is blocked now try its call again. One step may do so for many
/// reasons, so all positions are looked at once: before anybody else is blocked or has a turn.
void wake_blocked();
void settle_blocked();
/// An environment is blocked, or has requests that found no place.
extern constinit bool somebody_waits;

/// After transfers have ended there are places on the device, and calls may have waited for them:
/// wakes the blocked, and raises `io_completion` for every environment whose requests found no
/// place and that has no transfer of its own in flight, which would tell it.
void wake_after_transfers();

} // namespace exokernel
