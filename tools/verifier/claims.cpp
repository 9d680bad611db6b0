// tools/verifier/claims.cpp - replaying what libOSes claim.

#include <algorithm>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/state.hpp"

namespace verifier {

using Kind = abi::Event;

namespace {

// A libOS that names ever new threads shall not slow the verifier down: more are not followed.
constexpr std::size_t followed_threads = 1024;

// Takes the oldest fault on `page` that the libOS has not mentioned yet.
std::optional<HardwareFault> take_fault(Environment& environment, std::uint64_t page) {
    const auto found = std::ranges::find(environment.unclaimed, page, &HardwareFault::page);
    if (found == environment.unclaimed.end())
        return std::nullopt;
    const HardwareFault fault = *found;
    environment.unclaimed.erase(found);
    return fault;
}

} // namespace

void State::apply_claim(const Event& event) {
    Environment& environment = environments_[event.environment];
    switch (kind_of(event)) {
    case Kind::handler_entered: {
        const auto found = std::ranges::find(
            environment.upcalls, get<Kind::handler_entered, "entry">(event), &Upcall::entry);
        if (found != environment.upcalls.end())
            environment.upcalls.erase(found);
        return others_run(environment, std::nullopt);
    }
    case Kind::revocation_seen:
    case Kind::repossession_seen:
        return others_run(environment, std::nullopt);
    case Kind::fault_seen: {
        environment.placement.see(get<Kind::fault_seen, "page">(event),
                                  get<Kind::fault_seen, "region">(event));
        const auto fault = take_fault(environment, get<Kind::fault_seen, "page">(event));
        if (fault && environment.threads.size() < followed_threads)
            environment.threads[get<Kind::fault_seen, "thread">(event)] = {
                .hardware = *fault,
                .number = get<Kind::fault_seen, "sequence">(event),
                .resident = mapping(event.environment, fault->page) != nullptr};
        return;
    }
    case Kind::fault_joined: {
        const std::uint64_t page = get<Kind::fault_joined, "page">(event);
        const std::uint64_t thread = get<Kind::fault_joined, "thread">(event);
        if (!environment.threads.contains(thread) && environment.threads.size() < followed_threads)
            if (const auto fault = take_fault(environment, page))
                environment.threads[thread] = {.hardware = *fault};
        return;
    }
    case Kind::victim_chosen:
        environment.victims[get<Kind::victim_chosen, "victim_page">(event)] = {
            get<Kind::victim_chosen, "victim_frame">(event),
            get<Kind::victim_chosen, "dirty">(event) != 0};
        return;
    case Kind::frame_taken:
        environment.free_frames = get<Kind::frame_taken, "free_frames">(event);
        frames_[get<Kind::frame_taken, "frame">(event)].obtained = true;
        environment.numbers[get<Kind::frame_taken, "frame">(event)] =
            get<Kind::frame_taken, "number">(event);
        environment.numbered[get<Kind::frame_taken, "number">(event)] =
            get<Kind::frame_taken, "frame">(event);
        return;
    case Kind::pager_started:
        environment.pool = get<Kind::pager_started, "frames">(event);
        return;
    case Kind::policy_told:
        if (is_of_reference_bit(get<Kind::policy_told, "answer">(event)))
            environment.accessed[get<Kind::policy_told, "page">(event)] = event.sequence;
        return;
    case Kind::frame_chosen: {
        const std::uint64_t page = get<Kind::frame_chosen, "page">(event);
        if (page != 0)
            environment.victims[page] = {get<Kind::frame_chosen, "frame">(event),
                                         get<Kind::frame_chosen, "dirty">(event) != 0};
        else if (environment.free_frames.value_or(0) != 0)
            --*environment.free_frames;
        return others_run(environment, std::nullopt);
    }
    case Kind::fault_abandoned: {
        const auto found = environment.threads.find(get<Kind::fault_abandoned, "thread">(event));
        if (found != environment.threads.end())
            found->second.abandoned = true;
        return;
    }
    case Kind::read_along:
        environment.along.insert(get<Kind::read_along, "page">(event));
        return;
    case Kind::mapped:
        environment.along.erase(get<Kind::mapped, "page">(event));
        environment.mapped[get<Kind::mapped, "page">(event)] = get<Kind::mapped, "frame">(event);
        return;
    case Kind::zero_filled:
        environment.zeroed[get<Kind::zero_filled, "page">(event)] =
            get<Kind::zero_filled, "frame">(event);
        return;
    case Kind::thread_switched:
        environment.running = get<Kind::thread_switched, "to">(event);
        return others_run(environment, get<Kind::thread_switched, "to">(event));
    case Kind::thread_resumed:
        return apply_resumed(event);
    case Kind::exception_seen:
    case Kind::exception_resumed:
        return apply_exception_claim(event);
    default:
        return apply_disk_claim(event);
    }
}

void State::apply_resumed(const Event& event) {
    Environment& environment = environments_[event.environment];
    const std::uint64_t thread = get<Kind::thread_resumed, "thread">(event);
    environment.running = thread;
    environment.accessed.clear();
    others_run(environment, thread);
    const auto fault = environment.threads.find(thread);
    if (fault == environment.threads.end())
        return;
    environment.mapped.erase(fault->second.hardware.page);
    environment.threads.erase(fault);
}

void State::apply_disk_claim(const Event& event) {
    Environment& environment = environments_[event.environment];
    switch (kind_of(event)) {
    case Kind::read_submitted:
    case Kind::write_back_submitted: {
        // The payloads of both kinds are alike.
        const bool write = kind_of(event) == Kind::write_back_submitted;
        const std::uint64_t cookie = get<Kind::read_submitted, "cookie">(event);
        const std::uint64_t frame = get<Kind::read_submitted, "frame">(event);
        if (!revocations_.receiver(event.environment)
                 .restored.contains(get<Kind::read_submitted, "page">(event)))
            environment.placement.place(get<Kind::read_submitted, "page">(event),
                                        get<Kind::read_submitted, "block">(event));
        Submissions& both = environment.submissions[write ? 1 : 0][cookie];
        if (both.facts.empty())
            both.claims.push_back(
                {event.sequence, get<Kind::read_submitted, "block">(event), frame, false});
        else
            both.facts.pop_front();
        if (!write) {
            const std::uint64_t page = get<Kind::read_submitted, "page">(event);
            environment.reads[page] = {.cookie = cookie,
                                       .frame = frame,
                                       .block = get<Kind::read_submitted, "block">(event)};
            environment.read_pages[cookie] = page;
        }
        return;
    }
    case Kind::completion_seen: {
        const std::uint64_t cookie = get<Kind::completion_seen, "cookie">(event);
        const auto page = environment.read_pages.find(cookie);
        if (page != environment.read_pages.end()) {
            const auto read = environment.reads.find(page->second);
            if (read != environment.reads.end() && read->second.cookie == cookie)
                read->second.seen = true;
        }
        const auto found = environment.completions.find(cookie);
        if (found != environment.completions.end() && !found->second.empty())
            found->second.pop_front();
        return;
    }
    default:
        return;
    }
}

} // namespace verifier
