// tools/viewer/fault_claims.cpp - giving claims of libOSes to faults.

#include "tools/viewer/fault_finder.hpp"

#include <algorithm>

#include "bindings/abi/processor_environment.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;
using namespace finder;

void FaultFinder::take_submission_claim(const Event& event, Environment& environment,
                                        std::size_t fault) {
    const bool write = static_cast<Kind>(event.kind) == Kind::write_back_submitted;
    const std::uint32_t operation = write ? 1 : 0;
    const std::uint32_t step = write ? abi::write_back_step : step_read;
    const std::uint64_t cookie = field(event, "cookie");
    environment.by_cookie[operation][cookie] = fault;
    const auto submitted = environment.submitted[operation].find(cookie);
    if (submitted != environment.submitted[operation].end()) { // the kernel was first
        give(fault, step, submitted->second);
        environment.submitted[operation].erase(submitted);
    }
    give(fault, step);
    if (fault != none)
        (write ? faults_[fault].written_back : faults_[fault].read) = true;
}

void FaultFinder::give_told(Environment& environment, std::size_t fault) {
    for (const Waiting& told : environment.told)
        give(fault, step_victim, told);
    environment.told.clear();
}

void FaultFinder::take_claim(const Event& event, Environment& environment) {
    const Kind kind = static_cast<Kind>(event.kind);
    const abi::EventDefinition* definition = definition_of(event);
    if (definition == nullptr)
        return;
    const std::uint64_t page = field(event, "page");
    std::size_t fault = find(environment.by_sequence, field(event, "sequence", ~0ull));
    if (kind != Kind::thread_resumed)
        environment.resumption.clear();
    switch (kind) {
    case Kind::handler_entered:
        return take_upcall(event, environment,
                           field(event, "entry") ==
                               static_cast<std::uint64_t>(abi::Entry::page_fault));
    case Kind::exception_seen: // counted on their own
    case Kind::exception_resumed:
        return;
    case Kind::fault_seen:
    case Kind::fault_joined: {
        const std::uint64_t thread = field(event, "thread");
        fault = find(environment.by_thread, thread);
        if (kind == Kind::fault_seen || fault == none) {
            const auto found = std::ranges::find_if(environment.open, [&](std::size_t open) {
                return faults_[open].page == page && !faults_[open].thread;
            });
            if (found == environment.open.end())
                return;
            fault = *found;
            faults_[fault].thread = thread;
            environment.by_thread[thread] = fault;
        }
        if (kind == Kind::fault_seen)
            environment.by_sequence[field(event, "sequence")] = fault;
        else
            faults_[fault].joined = true;
        return give(fault, step_upcall);
    }
    case Kind::policy_told: // before it answers, for whatever fault that is
        environment.told.push_back(now_);
        return;
    case Kind::frame_chosen: // for a revocation
        environment.told.clear();
        return;
    case Kind::no_victim:
    case Kind::policy_fallback:
        give_told(environment, fault);
        break;
    case Kind::victim_chosen:
        give_told(environment, fault);
        if (fault != none && !faults_[fault].victim_page && !faults_[fault].frame_taken)
            faults_[fault].victim_page = field(event, "victim_page");
        environment.by_victim[field(event, "victim_page")] = fault;
        break;
    case Kind::frame_taken:
        give_told(environment, fault);
        if (fault != none && !faults_[fault].victim_page)
            faults_[fault].frame_taken = true;
        break;
    case Kind::read_submitted:
    case Kind::write_back_submitted:
        return take_submission_claim(event, environment, fault);
    case Kind::completion_seen: {
        const std::uint64_t cookie = field(event, "cookie");
        const std::uint32_t operation = environment.completed[cookie];
        if (fault == none)
            fault = find(environment.by_cookie[operation], cookie);
        const std::uint32_t step = operation == 0 ? step_completion : abi::write_back_step;
        if (fault != none)
            for (const Waiting& upcall : environment.completion_upcall)
                give(fault, step, upcall);
        environment.completion_upcall.clear();
        return give(fault, step);
    }
    case Kind::zero_filled:
        fault = open_on(environment, page);
        break;
    case Kind::thread_switched:
        environment.resumption.assign(1, now_);
        return;
    case Kind::thread_resumed: {
        const std::vector<Waiting> switches = std::move(environment.resumption);
        environment.resumption.clear();
        fault = find(environment.by_thread, field(event, "thread"));
        environment.by_thread.erase(field(event, "thread"));
        if (fault == none)
            return;
        faults_[fault].resumed = true;
        std::erase(environment.open, fault);
        for (const Waiting& switched : switches)
            give(fault, definition->step, switched);
        break;
    }
    case Kind::fault_abandoned: // each thread that waits has a fault of its own
        fault = find(environment.by_thread, field(event, "thread"));
        if (fault != none)
            faults_[fault].abandoned = true;
        break;
    case Kind::mapped:
        if (fault == none)
            fault = open_on(environment, page);
        break;
    default:
        break;
    }
    give(fault, definition->step);
}

} // namespace viewer
