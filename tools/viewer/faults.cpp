// tools/viewer/faults.cpp - giving kernel events to faults.

#include "tools/viewer/fault_finder.hpp"

#include <algorithm>

#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/viewer/clock.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;
using namespace finder;

std::size_t FaultFinder::find(const std::unordered_map<std::uint64_t, std::size_t>& map,
                              std::uint64_t key) {
    const auto found = map.find(key);
    return found == map.end() ? none : found->second;
}

std::size_t FaultFinder::open_on(const Environment& environment, std::uint64_t page) const {
    for (const std::size_t fault : environment.open) // the first one, which others join
        if (faults_[fault].page == page)
            return fault;
    return none;
}

void FaultFinder::give(std::size_t fault, std::uint32_t step) { give(fault, step, now_); }

void FaultFinder::give(std::size_t fault, std::uint32_t step, const Waiting& event) {
    if (fault != none)
        give_event(faults_[fault], spans_[fault],
                   {.index = event.index, .step = step, .cost = event.cost}, event.time);
}

void FaultFinder::by_call(Environment& environment, std::size_t fault, std::uint32_t step) {
    if (fault != none) {
        for (const Waiting& before : environment.effects)
            give(fault, step, before);
        environment.effects.clear();
        environment.caller = fault;
        environment.caller_step = step;
    }
    give(fault, step);
}

std::vector<Fault> FaultFinder::find() {
    Clock clock(per_record_);
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < recording_.events.size(); ++i) {
        const Event& event = recording_.events[i];
        const std::uint64_t cost = clock.cost_of(event);
        time += cost;
        now_ = {i, cost, time};
        take(event);
    }
    return std::move(faults_);
}

void FaultFinder::take(const Event& event) {
    if (!recording::of_true_origin(event))
        return;
    Environment& environment = environments_[event.environment];
    if (event.claim)
        return take_claim(event, environment);
    take_kernel_event(event, environment);
    const Kind kind = static_cast<Kind>(event.kind);
    before_[event.processor] = {kind == Kind::interrupt ? std::optional{now_} : std::nullopt,
                                kind == Kind::io_completed};
}

void FaultFinder::take_kernel_event(const Event& event, Environment& environment) {
    switch (static_cast<Kind>(event.kind)) {
    case Kind::page_fault:
        environment.completion_upcall.clear();
        environment.latest = faults_.size();
        environment.open.push_back(faults_.size());
        spans_.emplace_back();
        faults_.push_back({.number = faults_.size() + 1,
                           .environment = event.environment,
                           .page = field(event, "address") >> 12});
        now_.cost = 0; // what came before was the application's
        return give(environment.latest, step_detect);
    case Kind::upcall:
        return take_upcall(event, environment,
                           field(event, "entry") ==
                               static_cast<std::uint64_t>(abi::Entry::page_fault));
    case Kind::translation_removed:
        return by_call(environment, find(environment.by_victim, field(event, "page")), step_delete);
    case Kind::translation_installed: {
        const std::uint64_t page = field(event, "page");
        const std::size_t owner = open_on(environment, page);
        by_call(environment, owner, step_install);
        for (const std::size_t fault : environment.open)
            if (faults_[fault].page == page)
                faults_[fault].installed = true;
        return;
    }
    case Kind::bits_cleared: // by the policy, in the call that removes the victim
        if (environment.caller != none)
            return give(environment.caller, environment.caller_step);
        environment.effects.push_back(now_);
        return;
    case Kind::system_call:
        environment.effects.clear();
        give(environment.caller, environment.caller_step);
        if (environment.caller == none && !environment.completion_upcall.empty() &&
            field(event, "call") == static_cast<std::uint64_t>(abi::Call::wait))
            environment.completion_upcall.push_back(now_);
        environment.caller = none;
        return;
    case Kind::idle: // until a completion, as a rule
        environment.completion_upcall.assign(1, now_);
        return;
    case Kind::io_submitted:
        return take_submission(event, environment);
    case Kind::io_completed:
        return take_completion(event);
    case Kind::environment_ended:
        return take_end(event);
    default:
        return;
    }
}

void FaultFinder::take_upcall(const Event& event, Environment& environment, bool page_fault) {
    if (page_fault)
        return give(environment.latest, step_upcall);
    if (field(event, "entry") != static_cast<std::uint64_t>(abi::Entry::io_completion))
        return;
    if (static_cast<Kind>(event.kind) == Kind::upcall)
        std::erase_if(environment.completion_upcall, [&](const Waiting& before) {
            const auto kind = static_cast<Kind>(recording_.events[before.index].kind);
            return kind != Kind::idle && kind != Kind::system_call;
        });
    environment.completion_upcall.push_back(now_);
}

void FaultFinder::take_submission(const Event& event, Environment& environment) {
    const std::uint32_t operation = field(event, "operation") == 0 ? 0 : 1;
    const std::uint64_t cookie = field(event, "cookie");
    const std::size_t fault = find(environment.by_cookie[operation], cookie);
    requests_[field(event, "request")] = {fault, operation, event.environment, cookie};
    if (fault == none)
        environment.submitted[operation][cookie] = now_;
    else
        by_call(environment, fault, operation == 0 ? step_read : abi::write_back_step);
}

void FaultFinder::take_completion(const Event& event) {
    const auto found = requests_.find(field(event, "request"));
    if (found == requests_.end())
        return;
    const Request request = found->second;
    requests_.erase(found);
    Environment& owner = environments_[request.environment];
    owner.completed[request.cookie] = request.operation;
    const std::size_t fault = request.fault != none
                                  ? request.fault
                                  : find(owner.by_cookie[request.operation], request.cookie);
    const std::uint32_t step = request.operation == 0 ? step_completion : abi::write_back_step;
    const Before& before = before_[event.processor];
    if (before.interrupt && fault != none) {
        Waiting interrupt = *before.interrupt;
        interrupt.cost = 0; // what came before was waiting, or others' work
        give(fault, step, interrupt);
    }
    if (!before.interrupt && !before.completing)
        now_.cost = 0; // the processor was idle until now
    give(fault, step);
}

// Whatever fault was open stays so for ever: the end is the last event of each. The last one caused
// it, so the work is its.
void FaultFinder::take_end(const Event& event) {
    Environment& ended = environments_[static_cast<std::uint32_t>(field(event, "environment"))];
    for (const std::size_t fault : ended.open) {
        faults_[fault].end_reason = field(event, "reason");
        Waiting end = now_;
        end.cost = fault == ended.open.back() ? now_.cost : 0;
        give(fault, 0, end);
    }
    ended.open.clear();
}

std::vector<Fault> find_faults(const recording::Recording& recording,
                               std::uint64_t instructions_per_record) {
    return FaultFinder(recording, instructions_per_record).find();
}

} // namespace viewer
