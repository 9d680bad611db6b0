// tools/verifier/rules/disk.cpp - steps 5 and 6: requests and their completions.

#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

const Submissions* submissions(const Environment& environment, std::size_t operation,
                               std::uint64_t cookie) {
    const auto both = environment.submissions[operation].find(cookie);
    return both == environment.submissions[operation].end() ? nullptr : &both->second;
}

bool is_read(const Event& event) { return get<Kind::io_submitted, "operation">(event) == 0; }

} // namespace

// A libOS may read into a buffer that it uses meanwhile; a pager may not. What it says may come
// before the fact, or after.
void read_into_bound_idle_frame(const State& state, const Event& event, Report& report) {
    const Environment& environment = state.environment(event.environment);
    const auto check = [&](std::uint64_t frame, bool mapped, bool busy) {
        if (mapped)
            report.add(event.sequence,
                       fmt::format("a page is read into frame {}, which is mapped", frame));
        if (busy)
            report.add(
                event.sequence,
                fmt::format("a page is read into frame {}, which is under I/O already", frame));
    };
    if (kind_of(event) == Kind::read_submitted) {
        const Submissions* both =
            submissions(environment, 0, get<Kind::read_submitted, "cookie">(event));
        if (both != nullptr && !both->facts.empty())
            check(both->facts.front().frame, both->facts.front().frame_was_mapped,
                  both->facts.front().frame_was_busy);
    }
    if (kind_of(event) != Kind::io_submitted || !is_read(event))
        return;
    const std::uint64_t number = get<Kind::io_submitted, "frame">(event);
    const Frame& frame = state.frame(number);
    if (frame.free)
        report.add(event.sequence, fmt::format("a read goes into frame {}, which is free", number));
    const Submissions* both = submissions(environment, 0, get<Kind::io_submitted, "cookie">(event));
    if (both != nullptr && !both->claims.empty())
        check(number, frame.mappings != 0, frame.reads + frame.writes != 0);
}

void dma_frame_matches_request(const State& state, const Event& event, Report& report) {
    const Environment& environment = state.environment(event.environment);
    const auto compare = [&](const Submission& other, std::uint64_t frame) {
        if (other.frame != frame)
            report.add(event.sequence, fmt::format("the request is for frame {} on one side and {} "
                                                   "on the other (event {})",
                                                   frame, other.frame, other.sequence));
    };
    switch (kind_of(event)) {
    case Kind::read_submitted:
    case Kind::write_back_submitted: {
        const Submissions* both =
            submissions(environment, kind_of(event) == Kind::write_back_submitted ? 1 : 0,
                        get<Kind::read_submitted, "cookie">(event));
        if (both != nullptr && !both->facts.empty())
            compare(both->facts.front(), get<Kind::read_submitted, "frame">(event));
        return;
    }
    case Kind::io_submitted: {
        const Submissions* both = submissions(environment, is_read(event) ? 0 : 1,
                                              get<Kind::io_submitted, "cookie">(event));
        if (both != nullptr && !both->claims.empty())
            compare(both->claims.front(), get<Kind::io_submitted, "frame">(event));
        return;
    }
    case Kind::io_completed: {
        const Request* request = state.request(get<Kind::io_completed, "request">(event));
        if (request != nullptr && request->frame != get<Kind::io_completed, "frame">(event))
            report.add(event.sequence,
                       fmt::format("request {} was for frame {} and completes with frame {}",
                                   get<Kind::io_completed, "request">(event), request->frame,
                                   get<Kind::io_completed, "frame">(event)));
        return;
    }
    default:
        return;
    }
}

// The device writes where it was told to, whoever has the frame by then. One that is only shared
// may be taken: its owner's requests go on.
void nothing_goes_under_a_request(const State& state, const Event& event, Report& report) {
    const auto check = [&](std::uint64_t number, const char* what) {
        const Frame& frame = state.frame(number);
        if (frame.reads + frame.writes != 0)
            report.add(event.sequence, fmt::format("frame {} is {} while a request for it is in "
                                                   "flight",
                                                   number, what));
    };
    switch (kind_of(event)) {
    case Kind::frame_released:
        return check(get<Kind::frame_released, "frame">(event), "given back");
    case Kind::binding_taken: {
        const std::uint64_t frame = get<Kind::binding_taken, "frame">(event);
        const Binding taken = binding_of(get<Kind::binding_taken, "holder">(event),
                                         get<Kind::binding_taken, "capability">(event));
        if (state.revocations().is_own(frame, taken))
            check(frame, "taken");
        return;
    }
    case Kind::binding_broken: {
        const std::uint64_t holder = get<Kind::binding_broken, "holder">(event);
        const std::uint64_t extent = get<Kind::binding_broken, "capability">(event);
        if (state.uses_extent(holder, extent))
            report.add(event.sequence,
                       fmt::format("the extent {:#x} of environment {} is broken while a request "
                                   "through it is in flight",
                                   extent, holder));
        return;
    }
    default:
        return;
    }
}

void read_waits_for_earlier_write_of_its_block(const State& state, const Event& event,
                                               Report& report) {
    if (kind_of(event) != Kind::io_submitted || !is_read(event))
        return;
    const std::uint64_t block = get<Kind::io_submitted, "block">(event);
    if (state.write_in_flight(block) != nullptr)
        report.add(event.sequence,
                   fmt::format("block {} is read while a write of it is in flight", block));
}

void completion_matches_a_request(const State& state, const Event& event, Report& report) {
    if (kind_of(event) == Kind::io_submitted) {
        const std::uint64_t number = get<Kind::io_submitted, "request">(event);
        if (state.request(number) != nullptr)
            report.add(event.sequence,
                       fmt::format("request {} is started twice before it completes", number));
    } else if (kind_of(event) == Kind::io_completed) {
        const std::uint64_t number = get<Kind::io_completed, "request">(event);
        const Request* request = state.request(number);
        if (request == nullptr)
            report.add(event.sequence,
                       fmt::format("request {} completes, but is not in flight", number));
        else if (request->cookie != get<Kind::io_completed, "cookie">(event))
            report.add(event.sequence,
                       fmt::format("request {} completes with cookie {:#x}, it was submitted with "
                                   "{:#x}",
                                   number, get<Kind::io_completed, "cookie">(event),
                                   request->cookie));
    } else if (kind_of(event) == Kind::completion_seen) {
        const std::uint64_t cookie = get<Kind::completion_seen, "cookie">(event);
        const auto& completions = state.environment(event.environment).completions;
        const auto found = completions.find(cookie);
        if ((found == completions.end() || found->second.empty()) &&
            !state.other_owner(event.environment, cookie))
            report.add(event.sequence,
                       fmt::format("environment {} takes a completion {:#x} of no request",
                                   event.environment, cookie));
    }
}

void completion_goes_to_its_owner(const State& state, const Event& event, Report& report) {
    if (kind_of(event) == Kind::io_completed) {
        const Request* request = state.request(get<Kind::io_completed, "request">(event));
        if (request != nullptr && request->environment != get<Kind::io_completed, "owner">(event))
            report.add(event.sequence,
                       fmt::format("request {} of environment {} completes for environment {}",
                                   get<Kind::io_completed, "request">(event), request->environment,
                                   get<Kind::io_completed, "owner">(event)));
        return;
    }
    if (kind_of(event) != Kind::completion_seen)
        return;
    const std::uint64_t cookie = get<Kind::completion_seen, "cookie">(event);
    const auto& completions = state.environment(event.environment).completions;
    const auto found = completions.find(cookie);
    if (found != completions.end() && !found->second.empty())
        return;
    if (const auto owner = state.other_owner(event.environment, cookie))
        report.add(event.sequence,
                   fmt::format("environment {} takes the completion {:#x} of environment {}",
                               event.environment, cookie, *owner));
}

void completion_follows_its_interrupt(const State& state, const Event& event, Report& report) {
    if (kind_of(event) == Kind::interrupt) {
        const std::uint64_t vector = get<Kind::interrupt, "vector">(event);
        if (!abi::interrupt::is_of_device(vector))
            report.add(event.sequence,
                       fmt::format("{:#x} is no interrupt of this machine", vector));
        return;
    }
    if (kind_of(event) == Kind::upcall &&
        get<Kind::upcall, "entry">(event) ==
            static_cast<std::uint64_t>(abi::Entry::io_completion) &&
        !state.environment(event.environment).completion_raised) {
        report.add(event.sequence,
                   fmt::format("environment {} is told of a completion that it does "
                               "not have",
                               event.environment));
        return;
    }
    if (kind_of(event) != Kind::io_completed)
        return;
    // A request without a moment at which it is due may be found complete before its interrupt
    // is taken, or together with others.
    const std::uint64_t number = get<Kind::io_completed, "request">(event);
    const Request* request = state.request(number);
    if (request != nullptr && request->due != 0 && !state.disk_interrupted())
        report.add(event.sequence,
                   fmt::format("request {} completes without an interrupt of the disk", number));
}

// The end of a run waits for no moment, only for the device: what is in flight then is complete
// when it says so. Nothing else comes on its processor before that end.
void completion_not_before_due(const recording::Recording& recording, Report& report) {
    std::unordered_map<std::uint64_t, std::uint64_t> due; // by request
    std::vector<Event> early;
    const auto add_early = [&] {
        for (const Event& event : early) {
            const std::uint64_t number = get<Kind::io_completed, "request">(event);
            report.add(event.sequence, fmt::format("request {} completes at {}, it is due at {}",
                                                   number, event.time, due[number]));
        }
        early.clear();
    };
    for (const Event& event : recording.events) {
        if (event.claim || !recording::of_true_origin(event))
            continue;
        switch (kind_of(event)) {
        case Kind::io_submitted:
            due[get<Kind::io_submitted, "request">(event)] = get<Kind::io_submitted, "due">(event);
            break;
        case Kind::io_completed:
            if (event.time < due[get<Kind::io_completed, "request">(event)])
                early.push_back(event);
            break;
        case Kind::environment_ended:
            if (get<Kind::environment_ended, "environment">(event) == first_environment)
                early.clear();
            break;
        case Kind::system_call:
        case Kind::upcall:
        case Kind::resumed_by_iret:
        case Kind::environment_switched:
        case Kind::idle:
            if (!early.empty() && early.front().processor == event.processor)
                add_early(); // it goes on
            break;
        default:
            break;
        }
    }
    add_early();
}

} // namespace verifier::rule
