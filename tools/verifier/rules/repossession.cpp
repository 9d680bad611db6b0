// tools/verifier/rules/repossession.cpp - what becomes of what force takes: its contents are saved
// where its holder wants them, a slot tells of it, and an upcall says so.

#include <fmt/format.h>

#include "bindings/abi/error.hpp"
#include "bindings/abi/revocation.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

constexpr std::uint64_t no_slot = ~std::uint32_t{0};

std::uint64_t next_slot(const Revocations& known, std::uint64_t holder) {
    return known.receiver(holder).next_slot % abi::repossession_slots;
}

// A binding's holder is told before the frame is free, unless it never lived or lives no more.
bool must_be_told(const Revocations& known, const Taken& taken) {
    const Receiver& holder = known.receiver(taken.holder);
    return !taken.told && holder.started && !holder.ended;
}

void check_saving(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    const std::uint64_t number = get<Kind::state_saving, "number">(event);
    const std::uint64_t frame = get<Kind::state_saving, "frame">(event);
    const std::uint64_t request = get<Kind::state_saving, "request">(event);
    const std::uint64_t slot = get<Kind::state_saving, "slot">(event);
    const Taken* taken = known.taken(frame);
    const auto broken = [&](const std::string& what) { report.add(event.sequence, what); };
    if (taken == nullptr || taken->number != number || taken->request || taken->told)
        return broken(fmt::format("the contents of frame {} are saved for revocation {}, which has "
                                  "not just taken it",
                                  frame, number));
    if (state.request(request) != nullptr || known.is_saving(request))
        broken(fmt::format("request {} is started twice before it completes", request));
    if (slot != next_slot(known, taken->holder))
        broken(fmt::format("slot {} of environment {} is used, the next one is {}", slot,
                           taken->holder, next_slot(known, taken->holder)));
}

void check_saved(const State& state, const Event& event, Report& report) {
    const std::uint64_t frame = get<Kind::state_saved, "frame">(event);
    const std::uint64_t error = get<Kind::state_saved, "error">(event);
    const Taken* taken = state.revocations().taken(frame);
    const auto broken = [&](const std::string& what) { report.add(event.sequence, what); };
    if (taken == nullptr || taken->saved ||
        taken->request != get<Kind::state_saved, "request">(event) ||
        taken->number != get<Kind::state_saved, "number">(event) ||
        taken->slot != get<Kind::state_saved, "slot">(event))
        broken(fmt::format("request {} saves the contents of frame {}, but was not started for it",
                           get<Kind::state_saved, "request">(event), frame));
    if (error != 0 && error != static_cast<std::uint64_t>(abi::Error::io_error))
        broken(fmt::format("the disk fails with error {}", error));
    if (state.counts_instructions() && !state.disk_interrupted())
        broken(fmt::format("request {} completes without an interrupt of the disk",
                           get<Kind::state_saved, "request">(event)));
}

} // namespace

void contents_are_saved_before_the_frame_is_free(const State& state, const Event& event,
                                                 Report& report) {
    if (kind_of(event) == Kind::state_saving)
        return check_saving(state, event, report);
    if (kind_of(event) == Kind::state_saved)
        return check_saved(state, event, report);
    if (kind_of(event) != Kind::frame_released)
        return;
    const std::uint64_t frame = get<Kind::frame_released, "frame">(event);
    const Taken* taken = state.revocations().taken(frame);
    if (taken != nullptr && taken->request && !taken->saved)
        report.add(event.sequence,
                   fmt::format("frame {} is free while request {} still saves its contents", frame,
                               *taken->request));
}

namespace {

std::uint64_t number_of(abi::RepossessionState slot) { return static_cast<std::uint64_t>(slot); }

// The state that a slot must tell of.
std::uint64_t state_of(const Taken& taken, std::uint64_t error) {
    if (taken.request)
        return number_of(taken.error == 0 ? abi::RepossessionState::saved
                                          : abi::RepossessionState::failed);
    return number_of(error == 0 ? abi::RepossessionState::lost : abi::RepossessionState::failed);
}

void check_told(const Taken& taken, const Revocations& known, const Event& event, Report& report) {
    const std::uint64_t slot = get<Kind::repossessed, "slot">(event);
    const std::uint64_t error = get<Kind::repossessed, "error">(event);
    const auto broken = [&](const std::string& what) { report.add(event.sequence, what); };
    if (get<Kind::repossessed, "receiver">(event) != taken.holder)
        broken(fmt::format("environment {} is told of a binding that environment {} held",
                           get<Kind::repossessed, "receiver">(event), taken.holder));
    if (get<Kind::repossessed, "capability">(event) != taken.capability ||
        get<Kind::repossessed, "kind">(event) != taken.kind ||
        get<Kind::repossessed, "frame">(event) != taken.frame ||
        get<Kind::repossessed, "forced">(event) != taken.number)
        broken(fmt::format("environment {} is told of something else than revocation {} took: "
                           "{:#x}, frame {}",
                           taken.holder, taken.number, taken.capability, taken.frame));
    if (taken.request && (!taken.saved || taken.error != error))
        broken(fmt::format("slot {} tells of frame {} before its contents are saved, or with "
                           "another error",
                           slot, taken.frame));
    if (get<Kind::repossessed, "state">(event) != state_of(taken, error))
        broken(fmt::format("slot {} tells of state {}, it is {}", slot,
                           get<Kind::repossessed, "state">(event), state_of(taken, error)));
    const std::uint64_t expected = taken.request ? taken.slot : next_slot(known, taken.holder);
    if (slot != expected && (taken.request || slot != no_slot))
        broken(fmt::format("slot {} of environment {} is used, not slot {}", slot, taken.holder,
                           expected));
}

// One that was not forced itself went with what it was derived from.
void check_derived(const Revocations& known, const Event& event, Report& report) {
    const Binding lost = binding_of(get<Kind::repossessed, "receiver">(event),
                                    get<Kind::repossessed, "capability">(event));
    const std::uint64_t slot = get<Kind::repossessed, "slot">(event);
    if (known.last_broken() != lost ||
        known.last_broken_kind() != get<Kind::repossessed, "kind">(event) ||
        get<Kind::repossessed, "state">(event) != number_of(abi::RepossessionState::lost) ||
        get<Kind::repossessed, "error">(event) != 0 ||
        (slot != no_slot && slot != next_slot(known, lost.holder)))
        report.add(event.sequence,
                   fmt::format("environment {} is told of a binding that it has not just lost",
                               lost.holder));
}

// A slice that was overrun again and again: the last overrun is recorded when the turn ends.
void check_lost_slice(const State& state, const Event& event, Report& report) {
    const std::uint64_t receiver = get<Kind::repossessed, "receiver">(event);
    const std::uint64_t position = get<Kind::repossessed, "frame">(event);
    const Slice given = state.given(position);
    const std::uint64_t slot = get<Kind::repossessed, "slot">(event);
    if (given.environment != receiver || given.overruns + 1 < abi::most_overruns ||
        get<Kind::repossessed, "state">(event) != number_of(abi::RepossessionState::lost) ||
        get<Kind::repossessed, "error">(event) != 0 ||
        (slot != no_slot && slot != next_slot(state.revocations(), receiver)))
        report.add(event.sequence,
                   fmt::format("environment {} loses the slice at position {}, which is {}",
                               receiver, position,
                               given.environment != receiver
                                   ? "not its own"
                                   : fmt::format("overrun {} times only", given.overruns)));
}

} // namespace

void repossession_tells_what_was_taken(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    const auto untold = [&](const Taken& taken) {
        report.add(event.sequence, fmt::format("environment {} was not told that revocation {} "
                                               "took {:#x}",
                                               taken.holder, taken.number, taken.capability));
    };
    switch (kind_of(event)) {
    case Kind::repossessed: {
        const Taken* taken = known.taken(get<Kind::repossessed, "frame">(event));
        if (get<Kind::repossessed, "forced">(event) == 0)
            return get<Kind::repossessed, "capability">(event) == 0
                       ? check_lost_slice(state, event, report)
                       : check_derived(known, event, report);
        if (const auto& whole = known.taken_whole(); whole)
            return check_told(*whole, known, event, report);
        if (taken != nullptr && !taken->told)
            return check_told(*taken, known, event, report);
        report.add(event.sequence,
                   fmt::format("environment {} is told of a binding that was not taken",
                               get<Kind::repossessed, "receiver">(event)));
        return;
    }
    case Kind::frame_released: {
        const Taken* taken = known.taken(get<Kind::frame_released, "frame">(event));
        if (taken != nullptr && must_be_told(known, *taken))
            untold(*taken);
        return;
    }
    case Kind::binding_taken:
    case Kind::revocation_ended:
        if (const auto& whole = known.taken_whole(); whole && must_be_told(known, *whole))
            untold(*whole);
        return;
    default:
        return;
    }
}

void revocation_raises_its_upcalls(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    const auto raised_of = [&](std::uint32_t identity, abi::Entry entry) {
        const Receiver& receiver = known.receiver(identity);
        return entry == abi::Entry::revoke ? receiver.revoke : receiver.repossession;
    };
    // What is raised while nothing runs ends that.
    const auto was_raised_before = [&](std::uint32_t identity, abi::Entry entry,
                                       std::uint64_t time) {
        const Raised raised = raised_of(identity, entry);
        return raised.surely && raised.first < time;
    };
    for (const abi::Entry entry : {abi::Entry::revoke, abi::Entry::repossession}) {
        const auto slot = static_cast<std::uint32_t>(entry);
        if (kind_of(event) == Kind::idle) {
            for (const auto& [identity, environment] : state.environments())
                if (environment.waiting && !environment.ended &&
                    environment.registered.entries[slot] != 0 &&
                    was_raised_before(identity, entry,
                                      event.time - get<Kind::idle, "ticks">(event)))
                    report.add(event.sequence,
                               fmt::format("environment {} waits, and is not told through its "
                                           "entry {}",
                                           identity, abi::name_of(entry)));
        }
        if (kind_of(event) != Kind::upcall)
            continue;
        const Environment& environment = state.environment(event.environment);
        const Raised raised = raised_of(event.environment, entry);
        const bool delivered = get<Kind::upcall, "entry">(event) == slot;
        const bool pending = (get<Kind::upcall, "pending">(event) >> slot & 1) != 0;
        if ((delivered || pending) && !raised.surely && !raised.perhaps)
            report.add(event.sequence,
                       fmt::format("environment {} has an upcall to {} without a reason",
                                   event.environment, abi::name_of(entry)));
        // Who polls may take the bit without a word; a libOS that records says so. What another
        // processor has just raised an upcall that takes no lock may not see yet.
        const bool in_time = !state.has_several_processors() ||
                             raised.first < known.receiver(event.environment).last_event;
        if (raised.surely && in_time && !delivered && !pending && environment.speaks &&
            environment.registered.entries[slot] != 0)
            report.add(event.sequence,
                       fmt::format("environment {} was to be told through its entry {}, which is "
                                   "forgotten",
                                   event.environment, abi::name_of(entry)));
    }
}

} // namespace verifier::rule
