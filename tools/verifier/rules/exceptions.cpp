// tools/verifier/rules/exceptions.cpp - an exception from the hardware to the resumed program:
// steps 1, 2 and 8 of a page fault, with nothing between them.
//
// Where a handler moves its program to, only the libOS knows: no fact of the kernel shows it. What
// is checked is that it moved no more than it says.

#include <algorithm>

#include <fmt/format.h>

#include "bindings/abi/address.hpp"
#include "bindings/abi/exception.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

constexpr std::uint64_t trap_flag = 0x100;

bool is_exception_upcall(const Event& event) {
    return kind_of(event) == Kind::upcall &&
           get<Kind::upcall, "entry">(event) == static_cast<std::uint64_t>(abi::Entry::exception);
}

} // namespace

void exception_begins_with_detect(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::exception)
        return;
    const auto broken = [&](const std::string& what) { report.add(event.sequence, what); };
    const std::uint64_t vector = get<Kind::exception, "vector">(event);
    const std::uint64_t error = get<Kind::exception, "error">(event);
    const std::uint64_t pe = get<Kind::exception, "pe">(event);
    const std::uint64_t known = state.environment(event.environment).registered.pe_frame;
    if (get<Kind::exception, "environment">(event) != event.environment)
        broken(fmt::format("an exception of environment {} is recorded while environment {} runs",
                           get<Kind::exception, "environment">(event), event.environment));
    if (!abi::comes_as_exception(vector))
        broken(fmt::format("vector {} never comes through the entry `exception`", vector));
    else if (error != 0 && !abi::has_error_code(vector))
        broken(fmt::format("exception {} ({}) has error code {:#x}, the hardware gives it none",
                           vector, abi::name_of_exception(vector), error));
    if (get<Kind::exception, "address">(event) != 0)
        broken("an exception has a fault address, which only page faults have");
    if (get<Kind::exception, "interrupts_on">(event) !=
        (get<Kind::exception, "rflags">(event) >> 9 & 1))
        broken("whether interrupts were on at the exception and what its flags say of it differ");
    if (known != pe || !state.frame(pe).bound)
        broken(fmt::format("the exception is delivered through a PE page in frame {}, which is not "
                           "that of environment {}",
                           pe, event.environment));
}

void exception_has_one_upcall(const State& state, const Event& event, Report& report) {
    const auto& undelivered = state.environment(event.environment).undelivered;
    const bool waits =
        undelivered && undelivered->entry == static_cast<std::uint64_t>(abi::Entry::exception);
    const bool enters_kernel =
        kind_of(event) == Kind::page_fault || kind_of(event) == Kind::exception ||
        kind_of(event) == Kind::system_call || kind_of(event) == Kind::upcall;
    if (is_exception_upcall(event)) {
        if (!waits)
            report.add(event.sequence, fmt::format("environment {} is told of an exception that it "
                                                   "did not have",
                                                   event.environment));
        else if (get<Kind::upcall, "save_area">(event) != undelivered->save_area)
            report.add(event.sequence,
                       fmt::format("the exception of event {} is told of on save area {}, not {}",
                                   undelivered->sequence, get<Kind::upcall, "save_area">(event),
                                   undelivered->save_area));
    } else if (waits && enters_kernel)
        report.add(event.sequence,
                   fmt::format("environment {} was not told of its exception (event {})",
                               event.environment, undelivered->sequence));
}

void exception_is_seen_as_it_was(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::exception_seen)
        return;
    const auto& fact = state.environment(event.environment).exception;
    if (!fact) {
        report.add(event.sequence, fmt::format("environment {} sees an exception that the hardware "
                                               "did not raise",
                                               event.environment));
        return;
    }
    const auto compare = [&](const char* what, std::uint64_t claim, std::uint64_t saved) {
        if (claim != saved)
            report.add(event.sequence,
                       fmt::format("environment {} finds {} {:#x} in its save area, the hardware "
                                   "(event {}) saved {:#x}",
                                   event.environment, what, claim, fact->sequence, saved));
    };
    compare("vector", get<Kind::exception_seen, "vector">(event), fact->vector);
    compare("error code", get<Kind::exception_seen, "error">(event), fact->error);
    compare("rip", get<Kind::exception_seen, "rip">(event), fact->rip);
    compare("rsp", get<Kind::exception_seen, "rsp">(event), fact->rsp);
    compare("flags", get<Kind::exception_seen, "rflags">(event), fact->rflags);
    compare("save area", get<Kind::exception_seen, "save_area">(event), fact->save_area);
}

void exception_resumes_as_claimed(const State& state, const Event& event, Report& report) {
    const Environment& environment = state.environment(event.environment);
    const auto broken = [&](const std::string& what) { report.add(event.sequence, what); };
    if (kind_of(event) == Kind::exception_seen) {
        const std::uint64_t thread = get<Kind::exception_seen, "thread">(event);
        for (const auto& [number, open] : environment.handled)
            if (open.thread == thread)
                broken(fmt::format("thread {} has an exception, but did not go on after its last "
                                   "one (event {})",
                                   thread, open.sequence));
        return;
    }
    if (kind_of(event) != Kind::exception_resumed)
        return;
    const std::uint64_t number = get<Kind::exception_resumed, "sequence">(event);
    const auto found = environment.handled.find(number);
    if (found == environment.handled.end())
        return broken(fmt::format("environment {} goes on after its exception {}, which is not "
                                  "open",
                                  event.environment, number));
    const HardwareException& fact = found->second;
    const std::uint64_t thread = get<Kind::exception_resumed, "thread">(event);
    const std::uint64_t vector = get<Kind::exception_resumed, "vector">(event);
    const std::uint64_t rip = get<Kind::exception_resumed, "rip">(event);
    const std::uint64_t rflags = get<Kind::exception_resumed, "rflags">(event);
    const std::uint64_t edited = get<Kind::exception_resumed, "edited">(event);
    if (thread != fact.thread || vector != fact.vector)
        broken(fmt::format("thread {} goes on after exception {}, it was exception {} of thread {}",
                           thread, vector, fact.vector, fact.thread));
    const auto compare = [&](const char* what, std::uint64_t bit, std::uint64_t now,
                             std::uint64_t then) {
        if ((now != then) != ((edited & bit) != 0))
            broken(fmt::format("thread {} goes on with {} {:#x}, its exception (event {}) had "
                               "{:#x}, and its handler says it {} that",
                               thread, what, now, fact.sequence, then,
                               (edited & bit) != 0 ? "edited" : "did not edit"));
    };
    compare("rip", abi::edited::rip, rip, fact.rip);
    compare("rsp", abi::edited::rsp, get<Kind::exception_resumed, "rsp">(event), fact.rsp);
    compare("flags", abi::edited::rflags, rflags, fact.rflags);
    if (!abi::is_user_address(rip))
        broken(fmt::format("thread {} goes on at {:#x}, which is no user address", thread, rip));
    if ((rflags & trap_flag) != 0)
        broken(fmt::format("thread {} goes on with the trap flag set: the sequence that resumes it "
                           "would be stepped through",
                           thread));
}

} // namespace verifier::rule
