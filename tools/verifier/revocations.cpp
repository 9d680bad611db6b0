// tools/verifier/revocations.cpp - replaying visible revocation: requests, force, what is told.

#include "tools/verifier/revocations.hpp"

#include <utility>

#include <fmt/format.h>

#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/revocation.hpp"
#include "tools/verifier/fields.hpp"

namespace verifier {

using Kind = abi::Event;
using recording::Event;

std::string units(std::uint64_t kind, std::uint64_t number) {
    const char* const one = kind == static_cast<std::uint64_t>(abi::Kind::memory) ? "frame"
                            : kind == static_cast<std::uint64_t>(abi::Kind::disk_extent)
                                ? "disk extent"
                                : "binding";
    return fmt::format("{} {}{}", number, one, number == 1 ? "" : "s");
}

void Raised::raise(std::uint64_t time) {
    if (!surely)
        first = time;
    last = time;
    surely = true;
}

void Raised::take(std::uint64_t looked) {
    perhaps = surely && last > looked;
    surely = false;
}

void Raised::look() {
    perhaps |= surely;
    surely = false;
}

void Revocations::apply(const Event& event, bool sleeps) {
    apply_binding(event);
    apply_request(event, sleeps);
    apply_force(event);
    time_.apply(event);
    // A call of the asker's own may come in between, in a handler.
    if (kind_of(event) == Kind::upcall || kind_of(event) == Kind::system_call ||
        kind_of(event) == Kind::binding_taken)
        strays_.erase(event.environment);
    if (kind_of(event) == Kind::upcall) {
        Receiver& receiver = receivers_[event.environment];
        const auto entry = static_cast<abi::Entry>(get<Kind::upcall, "entry">(event));
        const std::uint64_t pending = get<Kind::upcall, "pending">(event);
        const auto note = [&](Raised& raised, abi::Entry its) {
            if (entry == its)
                raised = {};
            raised.perhaps &= (pending >> static_cast<std::uint32_t>(its) & 1) != 0;
        };
        note(receiver.revoke, abi::Entry::revoke);
        note(receiver.repossession, abi::Entry::repossession);
    } else if (kind_of(event) == Kind::environment_started)
        receivers_[static_cast<std::uint32_t>(get<Kind::environment_started, "environment">(event))]
            .started = true;
    apply_own(event);
}

// What the receiver that runs does by itself.
void Revocations::apply_own(const Event& event) {
    const std::uint32_t running = time_.running(event);
    if (running == 0)
        return;
    receivers_[running].last_event = event.time;
    const auto open = latest_.find(running);
    if (open == latest_.end() || !open->second.open || open->second.own_events == 2)
        return;
    if (++open->second.own_events == 2)
        open->second.surely_begun = time_.surely(running);
}

void Revocations::apply_request(const Event& event, bool sleeps) {
    switch (kind_of(event)) {
    case Kind::revocation_requested: {
        const std::uint64_t capability = get<Kind::revocation_requested, "capability">(event);
        const auto identity =
            static_cast<std::uint32_t>(get<Kind::revocation_requested, "receiver">(event));
        Receiver& receiver = receivers_[identity];
        last_number_ = get<Kind::revocation_requested, "number">(event);
        latest_[identity] = {
            .number = last_number_,
            .receiver = identity,
            .asker = static_cast<std::uint32_t>(get<Kind::revocation_requested, "asker">(event)),
            .capability = capability,
            .kind = get<Kind::revocation_requested, "kind">(event),
            .count = get<Kind::revocation_requested, "count">(event),
            .deadline = get<Kind::revocation_requested, "deadline">(event),
            .asked = get<Kind::revocation_requested, "asked">(event),
            .target = binding_of(identity, capability),
            .begun = time_.at(identity, event),
            .switches = time_.switches(),
            .open = true,
        };
        receiver.revoke = {};
        if (receiver.started && latest_[identity].asked != 0)
            receiver.revoke.raise(event.time);
        return;
    }
    case Kind::revocation_expired:
        if (Revocation* found = find(get<Kind::revocation_expired, "number">(event))) {
            // What does not wait for its time, nor for an asker that is asked itself, has none.
            receivers_[found->receiver].stopped =
                receivers_[found->receiver].started && !sleeps &&
                time_.at(found->receiver, event) - found->begun < found->deadline &&
                !of_receiver(found->asker).is_under_way();
            found->expired = true;
        }
        return;
    case Kind::revocation_ended:
        if (Revocation* found = find(get<Kind::revocation_ended, "number">(event))) {
            found->open = false;
            receivers_[found->receiver].revoke = {};
        }
        return;
    case Kind::environment_ended: {
        const auto identity =
            static_cast<std::uint32_t>(get<Kind::environment_ended, "environment">(event));
        receivers_[identity].ended = true;
        for (auto& [number, revocation] : latest_) // its asker finds out when it is called again
            if (revocation.receiver == identity || revocation.asker == identity)
                revocation.open = false;
        return;
    }
    case Kind::guaranteed: {
        const std::uint64_t links = get<Kind::guaranteed, "links">(event);
        auto& frames = receivers_[event.environment]
                           .guaranteed[abi::slot_of({get<Kind::guaranteed, "capability">(event)})];
        frames = {get<Kind::guaranteed, "frame">(event)};
        if (links != 0)
            frames.push_back(links);
        return;
    }
    default:
        return;
    }
}

void Revocations::apply_force(const Event& event) {
    switch (kind_of(event)) {
    case Kind::translation_installed: {
        Receiver& receiver = receivers_[event.environment];
        const std::uint64_t page = get<Kind::translation_installed, "page">(event);
        std::erase_if(receiver.untold, [&](const Told& each) { return each.page == page; });
        if (receiver.restored.erase(page) != 0)
            receiver.unwritten.insert(page);
        else
            receiver.unwritten.erase(page);
        return;
    }
    case Kind::binding_taken: {
        Taken taken{.number = get<Kind::binding_taken, "number">(event),
                    .holder = get<Kind::binding_taken, "holder">(event),
                    .capability = get<Kind::binding_taken, "capability">(event),
                    .kind = get<Kind::binding_taken, "kind">(event),
                    .frame = get<Kind::binding_taken, "frame">(event)};
        const bool first = frame_of_.contains(binding_of(taken.holder, taken.capability));
        if (Revocation* found = find(taken.number))
            ++found->taken;
        if (taken.kind != static_cast<std::uint64_t>(abi::Kind::frame) || !first) {
            whole_ = taken;
            return;
        }
        if (const auto page = forced_.find(taken.frame);
            page != forced_.end() && page->second.pages == 1)
            taken.page = page->second.page;
        taken_[taken.frame] = taken;
        return;
    }
    case Kind::state_saving: {
        Taken& taken = taken_[get<Kind::state_saving, "frame">(event)];
        taken.request = get<Kind::state_saving, "request">(event);
        taken.block = get<Kind::state_saving, "block">(event);
        taken.slot = get<Kind::state_saving, "slot">(event);
        if (Revocation* found = find(get<Kind::state_saving, "number">(event)))
            ++found->saving;
        ++receivers_[static_cast<std::uint32_t>(taken.holder)].next_slot;
        return;
    }
    case Kind::state_saved: {
        Taken& taken = taken_[get<Kind::state_saved, "frame">(event)];
        taken.saved = true;
        taken.error = get<Kind::state_saved, "error">(event);
        Revocation* found = find(get<Kind::state_saved, "number">(event));
        if (found != nullptr && found->saving != 0)
            --found->saving;
        return;
    }
    case Kind::repossessed:
        return apply_told(event);
    case Kind::frame_released:
        return apply_released(event);
    default:
        return;
    }
}

void Revocations::apply_removed(const Event& event, Binding through) {
    const Revocation* open = force_of(event.environment);
    if (open == nullptr)
        return;
    const std::uint64_t frame = get<Kind::translation_removed, "frame">(event);
    const std::uint64_t table = get<Kind::translation_removed, "table">(event);
    Forced& forced = forced_[frame];
    forced.bits |= get<Kind::translation_removed, "bits">(event);
    forced.page = get<Kind::translation_removed, "page">(event);
    ++forced.pages;
    if (!is_below(through, open->target) && !is_frame_below(table, open->target) &&
        !receiver(through.holder).ended && !receiver(owner_of_frame(table)).ended)
        strays_[event.environment].push_back(event.sequence);
}

void Revocations::apply_told(const Event& event) {
    Receiver& receiver =
        receivers_[static_cast<std::uint32_t>(get<Kind::repossessed, "receiver">(event))];
    receiver.repossession.raise(event.time);
    const std::uint64_t slot = get<Kind::repossessed, "slot">(event);
    Told told{.capability = get<Kind::repossessed, "capability">(event),
              .frame = get<Kind::repossessed, "frame">(event),
              .state = get<Kind::repossessed, "state">(event)};
    const auto found = taken_.find(told.frame);
    const bool waits =
        found != taken_.end() && !found->second.told && found->second.capability == told.capability;
    if (waits) {
        found->second.told = true;
        told.page = found->second.page;
        if (found->second.request && found->second.error == 0)
            told.block = found->second.block;
        if (told.block) // whatever lay there before is overwritten
            std::erase_if(receiver.saved,
                          [&](const auto& each) { return each.second == *told.block; });
        if (told.page && told.block)
            receiver.saved[*told.page] = *told.block;
    } else
        whole_.reset();
    if (slot >= abi::repossession_slots) {
        receiver.mends = true;
        if (waits)
            receiver.untold.push_back(told);
        return;
    }
    receiver.slots[slot] = told;
    receiver.unseen.insert(slot);
    if (!waits || !found->second.request) // the slot of one that is saved was taken before
        ++receiver.next_slot;
}

void Revocations::apply_released(const Event& event) {
    const std::uint64_t frame = get<Kind::frame_released, "frame">(event);
    const std::uint32_t owner = owner_of_frame(frame);
    for (auto& [identity, revocation] : latest_) {
        if (!revocation.open || !is_frame_below(frame, revocation.target))
            continue;
        // What is taken from somebody below for another revocation comes back by itself here.
        const Taken* by_force = taken(frame);
        if (by_force != nullptr ? by_force->number == revocation.number
                                : event.environment != identity && !receiver(owner).ended) {
            ++revocation.forced;
            continue;
        }
        ++revocation.given;
        revocation.given_in_time += revocation.expired ? 0 : 1;
        revocation.given_before_force += revocation.taken + revocation.forced != 0 ? 0 : 1;
    }
    if (const auto owned = frames_.find(frame); owned != frames_.end()) {
        receivers_[owner].guaranteed.erase(owned->second.own.slot);
        frame_of_.erase(owned->second.own);
        frames_.erase(owned);
    }
    taken_.erase(frame);
    forced_.erase(frame);
}

void Revocations::apply_claim(const Event& event) {
    Receiver& receiver = receivers_[event.environment];
    const std::uint64_t looked = std::exchange(receiver.last_event, event.time);
    switch (kind_of(event)) {
    case Kind::handler_entered: { // a pending upcall may be handled without being delivered
        const auto entry = static_cast<abi::Entry>(get<Kind::handler_entered, "entry">(event));
        if (entry == abi::Entry::revoke)
            receiver.revoke.take(looked);
        if (entry == abi::Entry::repossession)
            receiver.repossession.take(looked);
        return;
    }
    case Kind::thread_resumed:
    case Kind::thread_switched:
        receiver.mends &= receiver.repossession.surely;
        return;
    case Kind::page_withdrawn:
        std::erase_if(receiver.untold, [&](const Told& each) {
            return each.page == get<Kind::page_withdrawn, "page">(event);
        });
        return;
    case Kind::revocation_seen:
        receiver.revoke.look();
        receiver.seen.insert(get<Kind::revocation_seen, "number">(event));
        return;
    case Kind::repossession_seen: {
        receiver.repossession.look();
        receiver.unseen.erase(get<Kind::repossession_seen, "slot">(event));
        const auto told = receiver.slots.find(get<Kind::repossession_seen, "slot">(event));
        if (told == receiver.slots.end())
            return;
        if (const auto& slot = told->second; !slot.page && slot.block)
            receiver.saved[get<Kind::repossession_seen, "page">(event)] = *slot.block;
        return;
    }
    case Kind::page_restored:
        receiver.restored[get<Kind::page_restored, "page">(event)] =
            get<Kind::page_restored, "block">(event);
        return;
    default:
        return;
    }
}

} // namespace verifier
