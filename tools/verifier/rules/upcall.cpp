// tools/verifier/rules/upcall.cpp - steps 1 and 2: the fault is seen and delivered.

#include <algorithm>

#include <fmt/format.h>

#include "bindings/abi/address.hpp"
#include "bindings/abi/translation.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

constexpr std::uint64_t error_present = 1, error_user = 4;

bool waits_for(const Environment& environment, std::uint64_t page) {
    return std::ranges::find(environment.unclaimed, page, &HardwareFault::page) !=
           environment.unclaimed.end();
}

std::string name(std::uint64_t entry) { return abi::name_of(static_cast<abi::Entry>(entry)); }

} // namespace

void fault_begins_with_detect(const State& state, const Event& event, Report& report) {
    if (kind_of(event) == Kind::page_fault) {
        const std::uint64_t address = get<Kind::page_fault, "address">(event);
        const std::uint64_t error = get<Kind::page_fault, "error">(event);
        const bool present =
            (get<Kind::page_fault, "translation">(event) & abi::translation::present) != 0;
        if (get<Kind::page_fault, "environment">(event) != event.environment)
            report.add(
                event.sequence,
                fmt::format("a fault of environment {} is recorded while environment {} runs",
                            get<Kind::page_fault, "environment">(event), event.environment));
        if (get<Kind::page_fault, "vector">(event) != abi::exception::page_fault)
            report.add(event.sequence, fmt::format("a page fault has vector {}, not 14",
                                                   get<Kind::page_fault, "vector">(event)));
        if (get<Kind::page_fault, "interrupts_on">(event) !=
            (get<Kind::page_fault, "rflags">(event) >> 9 & 1))
            report.add(event.sequence, "whether interrupts were on at the fault and what its flags "
                                       "say of it differ");
        const std::uint64_t known = state.environment(event.environment).registered.pe_frame;
        const std::uint64_t pe = get<Kind::page_fault, "pe">(event);
        if (known != pe || !state.frame(pe).bound)
            report.add(event.sequence,
                       fmt::format("the fault is delivered through a PE page in frame {}, which is "
                                   "not that of environment {}",
                                   pe, event.environment));
        if ((error & error_user) == 0)
            report.add(event.sequence, fmt::format("a fault that is given to a libOS was raised in "
                                                   "the kernel: error {:#x}",
                                                   error));
        else if (abi::is_user_address(address) && present != ((error & error_present) != 0))
            report.add(event.sequence,
                       fmt::format("the fault at {:#x} has error {:#x}, but its translation is "
                                   "{:#x}",
                                   address, error, get<Kind::page_fault, "translation">(event)));
        return;
    }
    if (kind_of(event) == Kind::fault_seen) {
        const std::uint64_t page = get<Kind::fault_seen, "page">(event);
        if (!waits_for(state.environment(event.environment), page))
            report.add(event.sequence,
                       fmt::format("environment {} handles a fault on page {:#x} that the hardware "
                                   "did not raise",
                                   event.environment, page));
    }
}

void upcall_follows_its_fault(const State& state, const Event& event, Report& report) {
    const Environment& environment = state.environment(event.environment);
    const bool upcall = kind_of(event) == Kind::upcall;
    if (environment.undelivered) {
        const bool enters_kernel =
            kind_of(event) == Kind::page_fault || kind_of(event) == Kind::exception ||
            kind_of(event) == Kind::system_call || kind_of(event) == Kind::thread_resumed;
        const bool its_own =
            upcall && get<Kind::upcall, "entry">(event) == environment.undelivered->entry &&
            get<Kind::upcall, "save_area">(event) == environment.undelivered->save_area;
        if (upcall ? !its_own : enters_kernel)
            report.add(event.sequence,
                       fmt::format("environment {} goes on without the upcall for the {} of event "
                                   "{}",
                                   event.environment, name(environment.undelivered->entry),
                                   environment.undelivered->sequence));
        return;
    }
    if (upcall &&
        get<Kind::upcall, "entry">(event) == static_cast<std::uint64_t>(abi::Entry::page_fault))
        report.add(event.sequence, fmt::format("environment {} is told of a page fault that it did "
                                               "not have",
                                               event.environment));
}

void upcall_enters_the_registered_entry(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::upcall)
        return;
    const std::uint64_t entry = get<Kind::upcall, "entry">(event);
    const std::uint64_t address = get<Kind::upcall, "address">(event);
    if (entry >= abi::entry_slots) {
        report.add(event.sequence, fmt::format("there is no entry {}", entry));
        return;
    }
    if (address == 0 || !abi::is_user_address(address)) {
        report.add(event.sequence,
                   fmt::format("the upcall {} enters environment {} at {:#x}, which "
                               "is no user address",
                               name(entry), event.environment, address));
        return;
    }
    const std::uint64_t known = state.environment(event.environment).registered.entries[entry];
    if (known != address)
        report.add(event.sequence,
                   fmt::format("the upcall {} enters environment {} at {:#x}, but its entry is "
                               "{:#x}",
                               name(entry), event.environment, address, known));
}

void upcall_writes_only_its_save_area(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::upcall)
        return;
    const std::uint64_t area = get<Kind::upcall, "save_area">(event);
    const std::uint64_t address = get<Kind::upcall, "frame_address">(event);
    const std::uint64_t bytes = get<Kind::upcall, "frame_bytes">(event);
    if (area > 1 || address != abi::pe_save_areas + area * sizeof(abi::SaveArea) ||
        bytes != sizeof(abi::SaveArea))
        report.add(event.sequence, fmt::format("the frame of the upcall ({} bytes at {:#x} of the "
                                               "PE page) is not save area {}",
                                               bytes, address, area));
    const Environment& environment = state.environment(event.environment);
    const std::uint64_t stack = get<Kind::upcall, "stack">(event);
    const std::uint64_t known = area > 1 ? 0 : environment.registered.stacks[area];
    if (known != stack)
        report.add(event.sequence, fmt::format("the upcall gets the stack {:#x}, registered is "
                                               "{:#x}",
                                               stack, known));
    // An asynchronous upcall leaves save area 0 alone only in the resume sequence.
    if (!environment.undelivered && environment.interrupted &&
        (area == 1) != environment.registered.resumes_at(environment.interrupted->rip))
        report.add(event.sequence, fmt::format("an upcall that interrupts {:#x} uses save area {}",
                                               environment.interrupted->rip, area));
    if (get<Kind::upcall, "depth">(event) != area + 1)
        report.add(event.sequence, fmt::format("an upcall on save area {} is nested {} deep", area,
                                               get<Kind::upcall, "depth">(event)));
}

} // namespace verifier::rule
