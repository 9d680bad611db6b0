// exokernel/revocation/revocation.hpp - a request to give something back, as its receiver holds it.
//
// One at a time for an environment. The asker's call drives it: it waits, by being called again,
// until the receiver has complied or its deadline has passed, and then takes the rest in steps. The
// binding that is asked for is marked `being_asked`; whoever lowers its use or erases it tells
// `note_given_back`, so nothing is polled.

#pragma once

#include "exokernel/bindings/break_binding.hpp" // IWYU pragma: export
#include "exokernel/environment/own_time.hpp"   // IWYU pragma: export

namespace exokernel {

struct Environment;

struct Revocation {
    std::uint32_t number; // 0: nothing is asked for
    std::uint32_t asker;  // identity
    std::uint32_t target; // reference of the binding; 0: it is gone
    std::uint32_t count;  // units asked for
    std::uint32_t owed;   // of them when the deadline passed
    std::uint32_t saving; // frames whose contents are being written
    std::uint32_t way;    // of taking by force: 0 not begun, 1 frames, then the rest
    bool met;             // the receiver has complied, or enough was taken
    bool expired;         // the rest is taken by force
    OwnTimeClock deadline;
};

/// `binding` is marked `being_asked` and has lost some of its use, or is about to be erased.
void note_given_back(CapabilityEntry& binding, bool erased);

/// `binding` is asked for no more, and nothing goes along its children: the one that force had
/// begun with gets its name back, unless its contents are being written already.
void stop_asking(CapabilityEntry& binding);

/// The time of what `receiver` is asked for is up, if it is asked for something.
void expire(Environment& receiver);

/// The same for one that waits, when none of its transfers is under way: its own time stands still,
/// and it may never go on.
void expire_sleeping(Environment& receiver);

/// Called on a timer interrupt in ring 3: acts if the deadline of the running environment has
/// passed. Returns whether its turn is over, so that its asker gets one.
bool check_deadline(Environment& environment);

/// Takes what `receiver` still owes, at most step_limit units of work at a time.
Progress take_by_force(Environment& receiver, std::uint32_t& work);

} // namespace exokernel
