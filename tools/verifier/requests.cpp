// tools/verifier/requests.cpp - replaying the disk's requests.

#include <algorithm>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/state.hpp"

namespace verifier {

using Kind = abi::Event;

ServiceTime State::service_time_of(const Event& event) const {
    const auto before = last_times_.find(event.processor);
    const std::uint64_t due = get<Kind::io_submitted, "due">(event);
    const std::uint64_t least = due > event.time ? due - event.time : 0;
    if (!several_ || before == last_times_.end() || before->second > event.time)
        return {least, least};
    return {least, due > before->second ? due - before->second : 0};
}

void State::apply_disk(const Event& event) {
    if (kind_of(event) == Kind::io_submitted)
        return apply_submitted(event);
    if (kind_of(event) == Kind::io_completed)
        return apply_completed(event);
    environments_[event.environment].completion_raised = true;
    ++environments_[event.environment].requests_taken;
    environments_[event.environment].note_refusal(get<Kind::io_refused, "error">(event),
                                                  event.sequence);
    environments_[event.environment].completions[get<Kind::io_refused, "cookie">(event)].push_back(
        {get<Kind::io_refused, "error">(event), std::nullopt});
}

void State::apply_submitted(const Event& event) {
    Environment& environment = environments_[event.environment];
    const Request request{.environment = event.environment,
                          .operation = get<Kind::io_submitted, "operation">(event),
                          .block = get<Kind::io_submitted, "block">(event),
                          .frame = get<Kind::io_submitted, "frame">(event),
                          .cookie = get<Kind::io_submitted, "cookie">(event),
                          .due = get<Kind::io_submitted, "due">(event),
                          .extent = get<Kind::io_submitted, "extent">(event)};
    requests_[get<Kind::io_submitted, "request">(event)] = request;
    ++environment.in_flight;
    ++environment.requests_taken;
    const ServiceTime service = service_time_of(event);
    if (!service_time_ && (several_ || request.due >= event.time))
        service_time_ = service;
    else if (service_time_ && service.least <= service_time_->most &&
             service.most >= service_time_->least)
        service_time_ = {std::max(service.least, service_time_->least),
                         std::min(service.most, service_time_->most)};
    Frame& frame = frames_[request.frame];
    Submissions& both = environment.submissions[request.operation == 0 ? 0 : 1][request.cookie];
    if (both.claims.empty())
        both.facts.push_back({event.sequence, request.block, request.frame, frame.mappings != 0,
                              frame.reads + frame.writes != 0});
    else
        both.claims.pop_front();
    if (request.operation == 0) {
        ++frame.reads;
        frame.debt = Debt::none;
    } else {
        ++frame.writes;
        if (frame.debt == Debt::dirty)
            frame.debt = Debt::writing;
    }
    environment.effects.push_back({std::nullopt, request.frame});
}

void State::apply_completed(const Event& event) {
    disk_interrupted_ = false;
    const auto found = requests_.find(get<Kind::io_completed, "request">(event));
    if (found == requests_.end())
        return;
    const Request request = found->second;
    requests_.erase(found);
    const std::uint64_t error = get<Kind::io_completed, "error">(event);
    Environment& owner = environments_[request.environment];
    owner.completion_raised = true;
    owner.note_refusal(error, event.sequence);
    if (owner.in_flight != 0)
        --owner.in_flight;
    owner.completions[request.cookie].push_back({error, request.frame});
    owner.submissions[request.operation == 0 ? 0 : 1][request.cookie].facts.clear();
    Frame& frame = frames_[request.frame];
    std::uint32_t& in_flight = request.operation == 0 ? frame.reads : frame.writes;
    if (in_flight != 0)
        --in_flight;
    if (request.operation == 1 && frame.debt == Debt::writing)
        frame.debt = error == 0 ? Debt::written : Debt::dirty;
    if (request.operation != 0)
        return;
    const auto page = owner.read_pages.find(request.cookie);
    if (page == owner.read_pages.end())
        return;
    const auto read = owner.reads.find(page->second);
    if (read != owner.reads.end() && read->second.cookie == request.cookie) {
        read->second.complete = true;
        read->second.error = error;
    }
}

// The contents of a frame that is taken are saved in its holder's name.
void State::apply_saving(const Event& event) {
    const bool begins = kind_of(event) == Kind::state_saving;
    const Taken* taken = revocations_.taken(begins ? get<Kind::state_saving, "frame">(event)
                                                   : get<Kind::state_saved, "frame">(event));
    disk_interrupted_ = disk_interrupted_ && begins;
    if (taken == nullptr)
        return;
    std::uint64_t& in_flight = environments_[static_cast<std::uint32_t>(taken->holder)].in_flight;
    if (begins)
        ++in_flight;
    else if (in_flight != 0)
        --in_flight;
}

} // namespace verifier
