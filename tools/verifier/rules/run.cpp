// tools/verifier/rules/run.cpp - the run as a whole: it begins, it ends as its result says, and
// what the kernel counted is what it recorded.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;
using recording::Recording;

namespace {

std::uint64_t count_of(const Recording& recording, Kind kind) {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(recording.events, [kind](const Event& event) {
            return !event.claim && kind_of(event) == kind;
        }));
}

// The last kernel event: the end of the environment that the result is about.
void check_end(const Recording& recording, Report& report) {
    const abi::RunResult& result = recording.result;
    const auto last = std::ranges::find_if(recording.events.rbegin(), recording.events.rend(),
                                           [](const Event& event) { return !event.claim; });
    if (last == recording.events.rend() || kind_of(*last) != Kind::environment_ended)
        return report.add(recording.events.size(),
                          "the run came to its end, but the end of its first environment is not "
                          "the last event of the kernel");
    if (recording.result.outcome == abi::Outcome::ended &&
        get<Kind::environment_ended, "fault_address">(*last) != 0)
        report.add(last->sequence, "the first environment ended by itself, but at a fault");
    const auto require = [&](const char* what, std::uint64_t event, std::uint64_t expected) {
        if (event != expected)
            report.add(last->sequence, fmt::format("the last environment ends with {} {}, the run "
                                                   "with {}",
                                                   what, event, expected));
    };
    require("identity", get<Kind::environment_ended, "environment">(*last), first_environment);
    // The result has room for 32 bits of it.
    require("status", get<Kind::environment_ended, "status">(*last) & 0xffff'ffff, result.status);
    require("reason", get<Kind::environment_ended, "reason">(*last), result.reason);
}

} // namespace

void run_begins_and_ends(const Recording& recording, Report& report) {
    if (recording.result.outcome == abi::Outcome::boot_error)
        return;
    for (const Kind kind : {Kind::kernel_started, Kind::environment_started})
        if (count_of(recording, kind) == 0)
            report.add(recording.events.size(), kind == Kind::kernel_started
                                                    ? "the kernel never started"
                                                    : "no environment was ever started");
    if (count_of(recording, Kind::kernel_started) > 1)
        report.add(recording.events.size(), "the kernel started more than once");
    if (recording.result.outcome == abi::Outcome::ended ||
        recording.result.outcome == abi::Outcome::environment_killed)
        check_end(recording, report);
}

void application_starts_and_ends(const Recording& recording, Report& report) {
    std::map<std::uint32_t, std::uint64_t> statuses; // by environment, of its application
    std::map<std::uint32_t, bool> running;
    for (const Event& event : recording.events) {
        if (event.claim && kind_of(event) == Kind::application_started)
            running[event.environment] = true;
        if (event.claim && kind_of(event) == Kind::application_ended) {
            if (!running[event.environment])
                report.add(event.sequence,
                           fmt::format("the application of environment {} ends, but did not start",
                                       event.environment));
            statuses[event.environment] = get<Kind::application_ended, "status">(event);
        }
        if (event.claim || kind_of(event) != Kind::environment_ended)
            continue;
        const auto status = statuses.find(
            static_cast<std::uint32_t>(get<Kind::environment_ended, "environment">(event)));
        if (status != statuses.end() && get<Kind::environment_ended, "reason">(event) == 0 &&
            status->second != get<Kind::environment_ended, "status">(event))
            report.add(event.sequence,
                       fmt::format("environment {} ends with status {}, its application with {}",
                                   status->first, get<Kind::environment_ended, "status">(event),
                                   status->second));
    }
}

void children_are_named_by_their_creator(const Recording& recording, Report& report) {
    std::map<std::uint64_t, std::uint64_t> creators; // by environment
    for (const Event& event : recording.events) {
        if (!event.claim && kind_of(event) == Kind::environment_created)
            creators[get<Kind::environment_created, "environment">(event)] =
                get<Kind::environment_created, "parent">(event);
        if (!event.claim || kind_of(event) != Kind::child_started)
            continue;
        const std::uint64_t child = get<Kind::child_started, "environment">(event);
        const auto found = creators.find(child);
        if (found == creators.end() || found->second != event.environment)
            report.add(event.sequence, fmt::format("environment {} names environment {}, which it "
                                                   "has not created",
                                                   event.environment, child));
    }
}

void counters_equal_events(const Recording& recording, Report& report) {
    const auto compare = [&](const char* what, Kind kind, std::uint64_t counted) {
        const std::uint64_t events = count_of(recording, kind);
        if (events != counted)
            report.add(recording.events.size(),
                       fmt::format("the kernel counted {} {}, the recording has {}", counted, what,
                                   events));
    };
    compare("system calls", Kind::system_call, recording.result.system_calls);
    compare("page faults", Kind::page_fault, recording.result.faults);
    compare("interrupts", Kind::interrupt, recording.result.interrupts);
}

void only_started_environments_act(const State& state, const Event& event, Report& report) {
    switch (kind_of(event)) {
    case Kind::system_call:
        // `end` and `destroy_environment` are over after the environment.
        if (state.environment(event.environment).started &&
            (get<Kind::system_call, "call">(event) == static_cast<std::uint64_t>(abi::Call::end) ||
             get<Kind::system_call, "call">(event) ==
                 static_cast<std::uint64_t>(abi::Call::destroy_environment)))
            return;
        [[fallthrough]];
    case Kind::page_fault:
    case Kind::exception:
    case Kind::upcall:
    case Kind::io_submitted:
    case Kind::handler_entered:
        if (!state.environment(event.environment).started ||
            state.environment(event.environment).ended)
            report.add(event.sequence,
                       fmt::format("environment {} acts, but it {}", event.environment,
                                   state.environment(event.environment).ended ? "has ended"
                                                                              : "never started"));
        return;
    default:
        return;
    }
}

// What the libOS says of its threads fits together.
void threads_run_as_switched(const State& state, const Event& event, Report& report) {
    const auto& running = state.environment(event.environment).running;
    const auto compare = [&](const char* what, std::uint64_t thread) {
        if (running && *running != thread)
            report.add(event.sequence, fmt::format("thread {} {}, but thread {} is running", thread,
                                                   what, *running));
    };
    switch (kind_of(event)) {
    case Kind::thread_switched:
        return compare("is switched from", get<Kind::thread_switched, "from">(event));
    case Kind::fault_seen:
        return compare("faults", get<Kind::fault_seen, "thread">(event));
    case Kind::handler_entered:
        return compare("is interrupted", get<Kind::handler_entered, "thread">(event));
    case Kind::thread_resumed:
        return compare("resumes", get<Kind::thread_resumed, "thread">(event));
    case Kind::exception_seen:
        return compare("has an exception", get<Kind::exception_seen, "thread">(event));
    default:
        return;
    }
}

// An upcall's handler is entered before its libOS acts on it.
void handler_runs_for_its_upcall(const State& state, const Event& event, Report& report) {
    const Environment& environment = state.environment(event.environment);
    const auto waits = [&](abi::Entry entry) {
        return std::ranges::find(environment.upcalls, static_cast<std::uint64_t>(entry),
                                 &Upcall::entry) != environment.upcalls.end();
    };
    if ((kind_of(event) == Kind::fault_seen && waits(abi::Entry::page_fault)) ||
        (kind_of(event) == Kind::exception_seen && waits(abi::Entry::exception)) ||
        (kind_of(event) == Kind::revocation_seen && waits(abi::Entry::revoke)) ||
        (kind_of(event) == Kind::repossession_seen && waits(abi::Entry::repossession)) ||
        (kind_of(event) == Kind::completion_seen && waits(abi::Entry::io_completion)))
        report.add(event.sequence,
                   fmt::format("environment {} acts on an upcall whose handler it did not enter",
                               event.environment));
    if (kind_of(event) != Kind::handler_entered)
        return;
    const std::uint64_t entry = get<Kind::handler_entered, "entry">(event);
    if (entry == static_cast<std::uint64_t>(abi::Entry::io_completion) && environment.waiting)
        report.add(event.sequence,
                   fmt::format("environment {} waits for an upcall and enters its handler of {} "
                               "without one",
                               event.environment, abi::name_of(abi::Entry::io_completion)));
}

} // namespace verifier::rule
