// tools/verifier/rules/revocation.cpp - a request from its number to its end: what may be asked,
// when the deadline has passed, and whether the sums are right.
//
// The deadline is reckoned in the receiver's own processor time (processor_time.hpp). It must not
// pass early at all. It may be noticed late: the timer is taken only in ring 3, so whatever call
// the receiver was in comes to its end first; `slack` and slack_of_switch are for the way there.
// Where there are several processors, others' instructions may come between any two of its: what
// counts is whether the kernel went back to it when its time was surely over.

#include <algorithm>

#include <fmt/format.h>

#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

constexpr std::uint64_t slack = 2000;
constexpr std::uint64_t shortest_deadline = 1000, longest_deadline = std::uint64_t{1} << 40;

// What may be asked for, by its own fields and by what is bound.
void check_asked(const Revocations& known, const Event& event, Report& report) {
    const std::uint64_t count = get<Kind::revocation_requested, "count">(event);
    const std::uint64_t asked = get<Kind::revocation_requested, "asked">(event);
    const std::uint64_t deadline = get<Kind::revocation_requested, "deadline">(event);
    const std::uint64_t asker = get<Kind::revocation_requested, "asker">(event);
    const std::uint64_t receiver = get<Kind::revocation_requested, "receiver">(event);
    const auto broken = [&](const std::string& what) { report.add(event.sequence, what); };
    const Binding target =
        binding_of(receiver, get<Kind::revocation_requested, "capability">(event));
    const std::uint64_t kind = get<Kind::revocation_requested, "kind">(event);
    const bool memory = kind == static_cast<std::uint64_t>(abi::Kind::memory);
    if (asker != event.environment || asker == receiver)
        broken(fmt::format("environment {} asks environment {} while environment {} runs", asker,
                           receiver, event.environment));
    if (const auto made = known.made(target);
        made && made->kind != kind && made->kind != static_cast<std::uint64_t>(abi::Kind::frame))
        broken(fmt::format("the binding that is asked for is of kind {}", made->kind));
    if (!known.is_below_any_of(target, static_cast<std::uint32_t>(asker)))
        broken(fmt::format("environment {} asks for a binding that is not derived from one of its "
                           "own",
                           asker));
    if (count == 0 || asked > count || (!memory && (count != 1 || asked != 1)))
        broken(fmt::format("environment {} asks for {}, {} of them in use", asker,
                           units(kind, count), asked));
    else if (memory && asked > known.frames_below(target, asked))
        broken(fmt::format("environment {} asks for {} in use, but only {} bound", asker,
                           units(kind, asked), known.frames_below(target, asked)));
    if (deadline < shortest_deadline || deadline > longest_deadline)
        broken(fmt::format("a deadline of {} instructions is none", deadline));
}

} // namespace

void revocations_come_one_at_a_time(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::revocation_requested)
        return;
    const Revocations& known = state.revocations();
    const auto number = get<Kind::revocation_requested, "number">(event);
    const auto receiver =
        static_cast<std::uint32_t>(get<Kind::revocation_requested, "receiver">(event));
    const auto asker = static_cast<std::uint32_t>(get<Kind::revocation_requested, "asker">(event));
    if (number != known.last_number() + 1)
        report.add(event.sequence, fmt::format("revocation {} comes after revocation {}", number,
                                               known.last_number()));
    const Revocation& before = known.of_receiver(receiver);
    if (before.is_under_way() || before.saving != 0)
        report.add(event.sequence,
                   fmt::format("environment {} is asked again before revocation {} has ended",
                               receiver, before.number));
    if (known.of_receiver(asker).is_under_way())
        report.add(event.sequence,
                   fmt::format("environment {} asks while it is being asked (revocation {})", asker,
                               known.of_receiver(asker).number));
    check_asked(known, event, report);
}

namespace {

// Whoever asked has its answer: its request is over.
void check_answer(const Revocations& known, const Event& event, Report& report) {
    if (get<Kind::system_call, "call">(event) !=
        static_cast<std::uint64_t>(abi::Call::request_revocation))
        return;
    for (const auto& [receiver, open] : known.all())
        if (open.is_under_way() && open.asker == event.environment)
            report.add(event.sequence, fmt::format("environment {} has its answer, but revocation "
                                                   "{} has not ended",
                                                   event.environment, open.number));
}

} // namespace

void revocation_ends_once_and_adds_up(const State& state, const Event& event, Report& report) {
    if (kind_of(event) == Kind::system_call)
        return check_answer(state.revocations(), event, report);
    if (kind_of(event) != Kind::revocation_ended)
        return;
    const std::uint64_t number = get<Kind::revocation_ended, "number">(event);
    const std::uint64_t given = get<Kind::revocation_ended, "given">(event);
    const std::uint64_t taken = get<Kind::revocation_ended, "taken">(event);
    const std::uint64_t missing = get<Kind::revocation_ended, "missing">(event);
    const Revocation& known = state.revocations().numbered(number);
    const auto broken = [&](const std::string& what) {
        report.add(event.sequence, fmt::format("revocation {} ends: {}", number, what));
    };
    if (!known.open)
        return broken("it is not under way");
    if (get<Kind::revocation_ended, "receiver">(event) != known.receiver ||
        event.environment != known.asker)
        broken(fmt::format("environment {} had asked environment {}", known.asker, known.receiver));
    if (given + taken + missing != known.count)
        broken(fmt::format("{} given, {} taken and {} missing are not the {} asked for", given,
                           taken, missing, known.count));
    if (known.saving != 0 || state.revocations().holds_taken(number))
        broken("something that was taken is not free yet");
    if (missing == 0 ? !known.is_met() : known.is_met())
        broken(fmt::format("{} said to be missing, {} of {} came back", units(known.kind, missing),
                           known.given + known.forced, known.asked));
    // What is given back while force waits for a frame counts as taken.
    if (taken != 0 && known.taken == 0 && known.given == known.given_in_time)
        broken("nothing was taken");
    // Of what was in use: what came back by itself, in time or before force began.
    const std::uint64_t in_use = known.asked - std::min(known.asked, taken + missing);
    if (known.of_memory() && !known.broken &&
        (in_use > known.given_before_force ||
         (taken + missing != 0 && in_use < known.given_in_time)))
        broken(fmt::format("of {} in use, {} said to be given back; {} came back before the "
                           "deadline, {} before force began",
                           units(known.kind, known.asked), in_use, known.given_in_time,
                           known.given_before_force));
}

namespace {

std::string goes_on(const Revocation& open, std::uint64_t had) {
    return fmt::format("environment {} goes on after the deadline of revocation {}: it has had {} "
                       "instructions of {}",
                       open.receiver, open.number, had, open.deadline);
}

/// What the receiver has had since it was asked; among several processors what it surely had.
std::uint64_t time_since(const State& state, const Revocation& open, const Event& event) {
    const ProcessorTime& time = state.revocations().time();
    if (!state.has_several_processors())
        return time.at(open.receiver, event) - open.begun;
    return open.own_events == 2 ? time.surely(open.receiver) - open.surely_begun : 0;
}

} // namespace

void deadline_is_the_receivers_own_time(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    if (kind_of(event) == Kind::revocation_expired) {
        const std::uint64_t number = get<Kind::revocation_expired, "number">(event);
        const Revocation& open = known.numbered(number);
        if (!open.open || open.expired ||
            get<Kind::revocation_expired, "receiver">(event) != open.receiver) {
            report.add(
                event.sequence,
                fmt::format("the deadline of revocation {} passes, which waits for none", number));
            return;
        }
        const std::uint64_t had = time_since(state, open, event);
        const auto& interrupted = state.environment(open.receiver).interrupted;
        // Where there are several processors, another one may take its slices away as well.
        const bool elsewhere =
            state.has_several_processors() && known.time().running(event) != open.receiver;
        if (had >= open.deadline && !elsewhere && !state.sleeps(event) &&
            !known.of_receiver(open.asker).is_under_way() &&
            (!interrupted || interrupted->vector != abi::interrupt::timer))
            report.add(event.sequence, fmt::format("the deadline of revocation {} passes without "
                                                   "an interrupt of the timer",
                                                   number));
    }
    // It passes early where nobody waits for time that there will never be.
    if (kind_of(event) == Kind::environment_switched) {
        const auto next = static_cast<std::uint32_t>(get<Kind::environment_switched, "to">(event));
        if (known.receiver(next).stopped)
            report.add(event.sequence,
                       fmt::format("environment {} gets the processor, though the deadline of "
                                   "revocation {} passed before it had its time",
                                   next, known.of_receiver(next).number));
    }
    const Revocation& waits = known.of_receiver(known.time().running(event));
    if (!waits.is_under_way() || waits.expired || !state.counts_instructions() ||
        (kind_of(event) != Kind::revocation_expired && kind_of(event) != Kind::system_call &&
         kind_of(event) != Kind::page_fault))
        return;
    if (state.has_several_processors()) {
        const std::uint64_t surely = known.time().surely_at_last_return(waits.receiver);
        if (kind_of(event) != Kind::revocation_expired && waits.own_events == 2 &&
            surely > waits.surely_begun + waits.deadline + slack)
            report.add(event.sequence, goes_on(waits, surely - waits.surely_begun));
        return;
    }
    const std::uint64_t had = known.time().at(waits.receiver, event) - waits.begun;
    const std::uint64_t back =
        std::max(known.time().at_last_return(waits.receiver), waits.begun) - waits.begun;
    const std::uint64_t late = std::max(waits.deadline, back) + slack +
                               slack_of_switch * (known.time().switches() - waits.switches);
    // A call that began in time may end after the deadline.
    const bool is_call = kind_of(event) == Kind::system_call;
    if (is_call ? back > waits.deadline + slack +
                             slack_of_switch * (known.time().switches() - waits.switches)
                : had > late)
        report.add(event.sequence, goes_on(waits, had));
}

void nothing_is_taken_before_the_deadline(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::binding_taken)
        return;
    const Revocations& known = state.revocations();
    const std::uint64_t number = get<Kind::binding_taken, "number">(event);
    const Revocation& open = known.numbered(number);
    if (!open.open)
        report.add(event.sequence,
                   fmt::format("revocation {} takes a binding, but is not under way", number));
    else if (!open.expired)
        report.add(event.sequence, fmt::format("revocation {} takes a binding of environment {}, "
                                               "whose deadline has not passed",
                                               number, open.receiver));
}

} // namespace verifier::rule
