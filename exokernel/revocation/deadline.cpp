// exokernel/revocation/deadline.cpp - steps 3 and 4 of a revocation: the receiver has complied, or
// its time is up.

#include <utility>

#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/recording/record.hpp"

namespace exokernel {

// From its deadline on, until its asker has been told how it ended, a receiver has such turns at
// most: what the asker waits for may come while the receiver loops, with no timer armed.
constexpr std::uint64_t later_turns = 1000;

void stop_asking(CapabilityEntry& binding) {
    binding.being_asked = false;
    if (kind_of(binding) != Kind::memory || binding.mapping_head == 0)
        return;
    // What force has only begun with is its holder's again.
    CapabilityEntry& begun = entry_at(std::exchange(binding.mapping_head, 0));
    if (kind_of(begun) != Kind::frame ||
        frame_table.at(frame_number_of(begun)).use != FrameUse::saving)
        begun.name = last_name_of(begun).value;
}

void note_given_back(CapabilityEntry& binding, bool erased) {
    if (!erased && (kind_of(binding) != Kind::memory || binding.object > binding.detail))
        return;
    Revocation& revocation = holder_of(binding).revocation;
    stop_asking(binding);
    if (erased)
        revocation.target = 0;
    revocation.met = true;
    wake_blocked();
}

void expire(Environment& receiver) {
    Revocation& revocation = receiver.revocation;
    if (revocation.number == 0 || revocation.met || revocation.expired)
        return;
    revocation.deadline.set(later_turns);
    revocation.expired = true;
    receiver.pe_page->revoke_deadline = 0; // what it gives from now on, it gives on top of that
    record(Event::revocation_expired, revocation.number, receiver.identity);
    wake_blocked();
}

void expire_sleeping(Environment& receiver) {
    if (receiver.state == EnvironmentState::waiting && receiver.in_flight == 0)
        expire(receiver);
}

bool check_deadline(Environment& environment) {
    if (!environment.revocation.deadline.is_over(time_stamp()))
        return false;
    expire(environment);
    const Revocation& revocation = environment.revocation;
    environment.revocation.deadline.set(revocation.met && revocation.saving == 0 ? 0 : later_turns);
    return true;
}

} // namespace exokernel
