// tests/qemu/taken-by-force/taken.hpp - libOSes that lose something, and what they report of it.

#pragma once

#include "tests/qemu/support/receivers.hpp"

namespace taken_by_force {

using abi::Error;
using abi::Kind;
using abi::RepossessionState;
using namespace world;
namespace call = libos::system_call;
using check::Value;
using receivers::ask;
using receivers::built;
using receivers::finish;
using receivers::given_taken;
using receivers::receiver;
using receivers::short_time;
using receivers::start_receiver;

inline constexpr std::uint64_t for_ever = std::uint64_t{1} << 40;
inline constexpr auto lost = static_cast<std::uint64_t>(RepossessionState::lost);

// Waits until something was taken, then reports: slots used, and of the first eight their kind and
// state; frames still mapped.
[[noreturn]] void reports_losses();

void only_refuses(std::uint64_t);
// Turns all its frames but the first into leaf tables and their links.
void builds_tables(std::uint64_t);
// A guaranteed page, seen through a guaranteed leaf under an upper table that is not.
void guarantees_a_table(std::uint64_t);
// Passes its newest frame on to two others, and never touches it itself.
void passes_a_frame_on(std::uint64_t);
// One of the others.
void writes_what_it_is_lent(std::uint64_t);
// The second of its two frames is its ring.
void has_a_ring(std::uint64_t);
// Reads into half of its frames and writes from the others, without end: each frame has two
// transfers, and the next one begins before the other has ended.
void keeps_the_disk_busy(std::uint64_t);
// Gives back what it is asked for when force has begun with another frame, which the device is at.
void complies_too_late(std::uint64_t);
// Names places that are not its own to write: the exokernel must not write there.
void names_bad_places(std::uint64_t);

// After three turns: its deadline may have come just before it passed on, then it sees that
// something was taken, then it reports.
inline volatile std::uint64_t* reported(const child::Child& by) {
    for (int turn = 0; turn != 3; ++turn)
        (void)call::yield();
    return by.shared() + 16;
}

void shared_frame(); // a frame that others have as well
void extents();      // blocks of the disk
void hiding();       // who is asked while it asks another

} // namespace taken_by_force
