// tools/viewer/faults.cpp - one pass over the recording that gives each event to its fault.
//
// Claims name their fault by its sequence number; kernel events are joined to it by page, by
// cookie, by request and, for a system call, by what it did.

#include "tools/viewer/faults.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;

namespace {

constexpr std::size_t none = ~std::size_t{0};

// An event seen before it is known whose it is.
struct Waiting {
    std::size_t index = 0;
    std::uint64_t cost = 0;
    std::uint64_t time = 0; // with recording's own cost taken off
};

struct Environment {
    std::size_t latest = none;     // the fault raised last
    std::vector<std::size_t> open; // faults not yet resumed
    std::unordered_map<std::uint64_t, std::size_t> by_sequence, by_thread, by_victim;
    std::array<std::unordered_map<std::uint64_t, std::size_t>, 2> by_cookie; // per operation
    std::array<std::unordered_map<std::uint64_t, Waiting>, 2> submitted;     // not yet claimed
    std::unordered_map<std::uint64_t, std::uint32_t> completed;              // cookie -> operation
    std::vector<Waiting> completion_upcall; // what led to it, it itself and its handler
    std::vector<Waiting> resumption;        // the switch to a thread
    std::size_t caller = none;              // fault of the call under way
    std::uint32_t caller_step = 0;
};

class Finder {
public:
    Finder(const recording::Recording& recording, std::uint64_t per_record)
        : recording_(recording), per_record_(per_record) {}

    std::vector<Fault> find();

private:
    void take(const Event& event);
    void take_kernel_event(const Event& event, Environment& environment);
    void take_claim(const Event& event, Environment& environment);
    void take_upcall(const Event& event, Environment& environment, bool page_fault);
    void take_submission(const Event& event, Environment& environment);
    void take_submission_claim(const Event& event, Environment& environment, std::size_t fault);
    void take_completion(const Event& event);
    void give(std::size_t fault, std::uint32_t step);
    void give(std::size_t fault, std::uint32_t step, const Waiting& event);
    void by_call(Environment& environment, std::size_t fault, std::uint32_t step);
    std::size_t open_on(const Environment& environment, std::uint64_t page) const;
    static std::size_t find(const std::unordered_map<std::uint64_t, std::size_t>& map,
                            std::uint64_t key);

    struct Request {
        std::size_t fault = none;
        std::uint32_t operation = 0, environment = 0;
        std::uint64_t cookie = 0;
    };

    const recording::Recording& recording_;
    std::uint64_t per_record_;
    std::vector<Fault> faults_;
    std::vector<std::uint64_t> begun_, last_; // per fault: times of its first and last event
    std::unordered_map<std::uint32_t, Environment> environments_;
    std::unordered_map<std::uint64_t, Request> requests_;
    Waiting now_;
    std::optional<Waiting> interrupt_; // the kernel event before this one, if it was one
    bool completing_ = false;          // the kernel event before this one was a completion
};

constexpr std::uint32_t step_detect = 1, step_upcall = 2, step_delete = 4, step_read = 5,
                        step_completion = 6, step_install = 7;

std::size_t Finder::find(const std::unordered_map<std::uint64_t, std::size_t>& map,
                         std::uint64_t key) {
    const auto found = map.find(key);
    return found == map.end() ? none : found->second;
}

std::size_t Finder::open_on(const Environment& environment, std::uint64_t page) const {
    for (const std::size_t fault : environment.open) // the first one, which others join
        if (faults_[fault].page == page)
            return fault;
    return none;
}

void Finder::give(std::size_t fault, std::uint32_t step) { give(fault, step, now_); }

void Finder::give(std::size_t fault, std::uint32_t step, const Waiting& event) {
    if (fault == none)
        return;
    Fault& owner = faults_[fault];
    FaultEvent given{.index = event.index, .step = step, .cost = event.cost};
    if (owner.events.empty()) {
        begun_[fault] = event.time;
    } else {
        const std::uint64_t passed = event.time - last_[fault];
        given.waited = passed > event.cost ? passed - event.cost : 0;
    }
    last_[fault] = event.time;
    owner.cost += given.cost;
    owner.events.push_back(given);
    owner.elapsed = event.time - begun_[fault];
}

void Finder::by_call(Environment& environment, std::size_t fault, std::uint32_t step) {
    give(fault, step);
    if (fault != none) {
        environment.caller = fault;
        environment.caller_step = step;
    }
}

std::vector<Fault> Finder::find() {
    std::uint64_t last_time = 0, last_records = 0, time = 0;
    for (std::size_t i = 0; i < recording_.events.size(); ++i) {
        const Event& event = recording_.events[i];
        const std::uint64_t passed = event.time > last_time ? event.time - last_time : 0;
        const std::uint64_t own = last_records * per_record_;
        const std::uint64_t cost = passed > own ? passed - own : 0;
        time += cost;
        now_ = {i, cost, time};
        last_time = event.time;
        last_records = 1 + event.words / 3;
        take(event);
    }
    return std::move(faults_);
}

void Finder::take(const Event& event) {
    if (event.claim != (event.kind >= abi::first_libos_event))
        return; // forged
    Environment& environment = environments_[event.environment];
    if (event.claim)
        return take_claim(event, environment);
    take_kernel_event(event, environment);
    interrupt_.reset();
    if (static_cast<Kind>(event.kind) == Kind::interrupt)
        interrupt_ = now_;
    completing_ = static_cast<Kind>(event.kind) == Kind::io_completed;
}

void Finder::take_kernel_event(const Event& event, Environment& environment) {
    switch (static_cast<Kind>(event.kind)) {
    case Kind::page_fault:
        environment.completion_upcall.clear();
        environment.latest = faults_.size();
        environment.open.push_back(faults_.size());
        begun_.push_back(0);
        last_.push_back(0);
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
    case Kind::system_call:
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
    default:
        return;
    }
}

void Finder::take_upcall(const Event& event, Environment& environment, bool page_fault) {
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

void Finder::take_submission(const Event& event, Environment& environment) {
    const std::uint32_t operation = field(event, "operation") == 0 ? 0 : 1;
    const std::uint64_t cookie = field(event, "cookie");
    const std::size_t fault = find(environment.by_cookie[operation], cookie);
    requests_[field(event, "request")] = {fault, operation, event.environment, cookie};
    if (fault == none)
        environment.submitted[operation][cookie] = now_;
    else
        by_call(environment, fault, operation == 0 ? step_read : abi::write_back_step);
}

void Finder::take_completion(const Event& event) {
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
    if (interrupt_ && fault != none) {
        Waiting interrupt = *interrupt_;
        interrupt.cost = 0; // what came before was waiting, or others' work
        give(fault, step, interrupt);
    }
    if (!interrupt_ && !completing_)
        now_.cost = 0; // the processor was idle until now
    give(fault, step);
}

void Finder::take_submission_claim(const Event& event, Environment& environment,
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

void Finder::take_claim(const Event& event, Environment& environment) {
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
    case Kind::victim_chosen:
        if (fault != none)
            faults_[fault].victim_page = field(event, "victim_page");
        environment.by_victim[field(event, "victim_page")] = fault;
        break;
    case Kind::frame_taken:
        if (fault != none)
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
            for (Waiting& upcall : environment.completion_upcall)
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
    case Kind::mapped:
        if (fault == none)
            fault = open_on(environment, page);
        break;
    default:
        break;
    }
    give(fault, definition->step);
}

} // namespace

std::vector<Fault> find_faults(const recording::Recording& recording,
                               std::uint64_t instructions_per_record) {
    return Finder(recording, instructions_per_record).find();
}

} // namespace viewer
