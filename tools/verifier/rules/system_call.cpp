// tools/verifier/rules/system_call.cpp - a system call says what it did: the events before it, of
// the same environment, are its effects, and its result is theirs.
//
// What a call without an effect returned, only its caller could tell.

#include <fmt/format.h>

#include "bindings/abi/address.hpp"
#include "bindings/abi/capability.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;
using abi::Call;

namespace {

// How many of each effect a call has; `some` stands for one or more, `any` for none or more.
constexpr std::uint32_t any = ~0u, some = any - 1;
struct Expected {
    std::uint32_t installed = 0, frames = 0, tables = 0, made = 0, requests = 0;
    std::uint32_t changed = 0, cleared = 0, entries = 0, setups = 0;
    std::uint32_t guaranteed = 0, revocations = 0;
};

bool fits(std::uint32_t found, std::uint32_t expected) {
    return expected == any || (expected == some ? found != 0 : found == expected);
}

Expected effects_of(Call call, bool done) {
    const std::uint32_t one = done ? 1 : 0;
    switch (call) {
    case Call::install:
        return {.installed = one};
    case Call::change:
        return {.changed = done ? any : 0};
    case Call::perform_translations:
        return {.installed = any, .changed = any, .cleared = any};
    case Call::bind_frames:
        return {.frames = done ? some : any};
    case Call::bind_page_table:
        return {.tables = one};
    case Call::derive:
    case Call::grant:
        return {.made = one};
    case Call::create_environment:
        return {.tables = done ? any : 0, .made = any};
    case Call::submit_io:
        return {.requests = any};
    case Call::set_entry:
        return {.entries = one};
    case Call::set_processor_environment:
        return {.setups = one};
    case Call::guarantee:
        return {.guaranteed = one};
    case Call::request_revocation:
        return {.revocations = done ? one : any};
    default:
        return {};
    }
}

// What a successful call must have returned, where its effects say it.
std::optional<std::uint64_t> result_of(Call call, const Tally& tally) {
    switch (call) {
    case Call::remove:
        return tally.bits;
    case Call::change:
        return tally.count;
    case Call::submit_io:
        return tally.requests;
    case Call::derive:
    case Call::grant:
        return tally.made_capability;
    case Call::request_revocation:
        return tally.given_taken;
    case Call::install:
    case Call::bind_frames:
    case Call::wait:
    case Call::end:
    case Call::yield:
    case Call::set_entry:
    case Call::guarantee:
    case Call::drop:
    case Call::start_environment:
    case Call::bind_repossession_vector:
    case Call::set_limit:
    case Call::set_processor_environment:
    case Call::bind_io_ring:
    case Call::write_console:
        return 0;
    default:
        return std::nullopt;
    }
}

bool returns_capability(Call call) {
    return call == Call::bind_view || call == Call::bind_page_table || call == Call::derive ||
           call == Call::grant || call == Call::create_environment;
}

void check_result(Call call, const Tally& tally, const Event& event, Report& report) {
    const std::uint64_t value = get<Kind::system_call, "value">(event);
    const auto expected = result_of(call, tally);
    if (expected && value != *expected)
        report.add(event.sequence,
                   fmt::format("{} of environment {} returns {:#x}, by its effects it is {:#x}",
                               abi::name_of(call), event.environment, value, *expected));
    if (call == Call::request_revocation && tally.missing != 0)
        report.add(event.sequence,
                   fmt::format("request_revocation of environment {} succeeds, with {} missing",
                               event.environment, tally.missing));
    constexpr std::uint64_t slot_bytes = 1u << abi::capability_entry_shift;
    if (returns_capability(call) && (value % slot_bytes != 0 || value >> 32 == 0))
        report.add(event.sequence, fmt::format("{} of environment {} returns {:#x}, which is no "
                                               "capability",
                                               abi::name_of(call), event.environment, value));
}

// What a call names is what its effects were done to, as far as the recording says what it names.
bool names_its_object(const Environment& environment, Call call, const Event& event) {
    const Tally& tally = environment.tally;
    const std::uint64_t argument = get<Kind::system_call, "argument">(event);
    const auto child = environment.children.find(argument);
    const bool of_child = child != environment.children.end();
    switch (call) {
    case Call::drop:
        return argument == tally.broken_capability ||
               (abi::generation_of({argument}) == 0 && // a slot that is only open
                abi::slot_of({argument}) == abi::slot_of({tally.broken_capability}));
    case Call::guarantee:
        return argument == tally.guaranteed_capability;
    case Call::derive:
        return argument == tally.made_parent && tally.made_receiver == event.environment;
    case Call::grant:
        return argument == tally.made_parent;
    case Call::start_environment:
        return !of_child || tally.started == child->second;
    case Call::set_entry:
        return argument == 0 ? tally.entry_environment == event.environment
                             : !of_child || tally.entry_environment == child->second;
    default:
        return true;
    }
}

void check_argument(const Environment& environment, Call call, const Event& event, Report& report) {
    if (!names_its_object(environment, call, event))
        report.add(event.sequence,
                   fmt::format("{} of environment {} names {:#x}, but did it to something else",
                               abi::name_of(call), event.environment,
                               get<Kind::system_call, "argument">(event)));
}

// A request that only guaranteed frames withstand says how far it came, and fails.
void check_failure(Call call, const Tally& tally, const Event& event, Report& report) {
    const std::uint64_t error = get<Kind::system_call, "error">(event);
    const std::uint64_t value = get<Kind::system_call, "value">(event);
    const bool partly = call == Call::request_revocation && tally.revocations != 0;
    const bool takes_nothing = call == Call::wait || call == Call::end || call == Call::yield;
    if (takes_nothing && error != static_cast<std::uint64_t>(abi::Error::invalid_argument))
        report.add(event.sequence, fmt::format("{} fails with error {}, which it cannot",
                                               abi::name_of(call), error));
    else if (partly && (error != static_cast<std::uint64_t>(abi::Error::limit_reached) ||
                        tally.missing == 0 || value != tally.given_taken))
        report.add(event.sequence,
                   fmt::format("request_revocation fails with error {} and {:#x}, its revocation "
                               "ended with {:#x}, {} missing",
                               error, value, tally.given_taken, tally.missing));
    else if (!partly && call != Call::bind_frames && value != 0)
        report.add(event.sequence, fmt::format("{} fails and returns a value", abi::name_of(call)));
}

// The table that a hot call names is the one that it wrote.
void check_table(const State& state, Call call, const Tally& tally, const Event& event,
                 Report& report) {
    if (call != Call::install && call != Call::remove &&
        (call != Call::change || tally.changed == 0))
        return;
    const std::uint64_t argument = get<Kind::system_call, "argument">(event);
    const auto& names = state.environment(event.environment).names;
    const auto derived = names.find(argument);
    if (derived != names.end() && derived->second.value_or(tally.table) == tally.table)
        return;
    const Frame& frame = state.frame(tally.table);
    if (abi::slot_of({argument}) != abi::slot_of({frame.capability}) ||
        argument % (1u << abi::capability_entry_shift) != 0 ||
        abi::generation_of({argument}) <= abi::generation_of({frame.capability}))
        report.add(event.sequence,
                   fmt::format("{} of environment {} names the table {:#x}, but wrote the one in "
                               "frame {}",
                               abi::name_of(call), event.environment, argument, tally.table));
}

// Two bytes are a `syscall` instruction; two of them cannot overlap.
void check_place(const Environment& environment, const Event& event, Report& report) {
    const std::uint64_t rip = get<Kind::system_call, "rip">(event);
    if (rip == 0 || !abi::is_user_address(rip) || environment.rips.contains(rip - 1) ||
        environment.rips.contains(rip + 1))
        report.add(event.sequence, fmt::format("a system call of environment {} returns to {:#x}, "
                                               "which does not follow a syscall instruction",
                                               event.environment, rip));
}

} // namespace

void system_call_accounts_for_its_effects(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::system_call)
        return;
    const Environment& environment = state.environment(event.environment);
    const std::uint64_t number = get<Kind::system_call, "call">(event);
    const std::uint64_t error = get<Kind::system_call, "error">(event);
    const Tally& tally = environment.tally;
    const auto call = static_cast<Call>(number);
    check_place(environment, event, report);
    if (number >= abi::call_count) {
        if (error == 0)
            report.add(event.sequence, fmt::format("there is no system call {}", number));
        return;
    }
    const Expected expected = effects_of(call, error == 0);
    if (!fits(tally.installed, expected.installed) || !fits(tally.frames, expected.frames) ||
        !fits(tally.tables, expected.tables) || !fits(tally.made, expected.made) ||
        !fits(tally.requests, expected.requests) || !fits(tally.changed, expected.changed) ||
        !fits(tally.cleared, expected.cleared) || !fits(tally.entries, expected.entries) ||
        !fits(tally.setups, expected.setups) || !fits(tally.guaranteed, expected.guaranteed) ||
        !fits(tally.revocations, expected.revocations) ||
        (call == Call::remove && (tally.removed != 0) != (error == 0)))
        report.add(event.sequence,
                   fmt::format(
                       "{} of environment {} returns error {}, which is not what the events "
                       "before it did: {} installed, {} removed, {} frames and {} tables "
                       "bound, {} bindings made, {} requests, {} entries set",
                       abi::name_of(call), event.environment, error, tally.installed, tally.removed,
                       tally.frames, tally.tables, tally.made, tally.requests, tally.entries));
    if (error == 0) {
        check_result(call, tally, event, report);
        check_table(state, call, tally, event, report);
        check_argument(environment, call, event, report);
    } else
        check_failure(call, tally, event, report);
}

} // namespace verifier::rule
