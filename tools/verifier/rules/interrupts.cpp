// tools/verifier/rules/interrupts.cpp - an interrupt takes the processor from a program, which
// notices nothing: it goes on where it was, by `iret`, or its state is in the save area of an
// upcall that has a reason of its own.

#include <fmt/format.h>

#include "bindings/abi/address.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

void timer_interrupt_has_no_upcall(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::upcall)
        return;
    const Environment& environment = state.environment(event.environment);
    const auto entry = static_cast<abi::Entry>(get<Kind::upcall, "entry">(event));
    const bool own_reason = entry != abi::Entry::page_fault && entry != abi::Entry::exception &&
                            entry != abi::Entry::interrupt &&
                            (entry != abi::Entry::io_completion || environment.completion_raised);
    if (environment.interrupted && environment.interrupted->vector == abi::interrupt::timer &&
        !own_reason)
        report.add(event.sequence,
                   fmt::format("environment {} is entered at {} for no other reason than a timer "
                               "interrupt (event {})",
                               event.environment, abi::name_of(entry),
                               environment.interrupted->sequence));
}

void interrupted_program_goes_on_where_it_was(const State& state, const Event& event,
                                              Report& report) {
    const auto& interrupted = state.environment(event.environment).interrupted;
    const auto broken = [&](const std::string& what) { report.add(event.sequence, what); };
    switch (kind_of(event)) {
    case Kind::interrupt: {
        const std::uint64_t ring = get<Kind::interrupt, "ring">(event);
        const std::uint64_t rip = get<Kind::interrupt, "rip">(event);
        if (ring != 0 && ring != 3)
            broken(fmt::format("an interrupt arrives in ring {}, where nothing runs", ring));
        else if ((ring == 3) != abi::is_user_address(rip))
            broken(fmt::format("an interrupt arrives in ring {} at {:#x}, which is not there", ring,
                               rip));
        if (ring == 0)
            return;
        break;
    }
    case Kind::page_fault:
    case Kind::exception:
    case Kind::system_call:
        break;
    case Kind::resumed_by_iret: {
        const std::uint64_t vector = get<Kind::resumed_by_iret, "vector">(event);
        if (!interrupted) {
            if (abi::interrupt::is_of_device(vector))
                broken(fmt::format("environment {} goes on after interrupt {:#x}, which it did not "
                                   "have",
                                   event.environment, vector));
            return;
        }
        const auto compare = [&](const char* what, std::uint64_t now, std::uint64_t then) {
            if (now != then)
                broken(fmt::format("environment {} goes on with {} {:#x}, the interrupt (event {}) "
                                   "had {:#x}",
                                   event.environment, what, now, interrupted->sequence, then));
        };
        constexpr std::uint64_t nested_task = 1u << 14; // the exokernel takes it from everybody
        compare("vector", vector, interrupted->vector);
        compare("rip", get<Kind::resumed_by_iret, "rip">(event), interrupted->rip);
        compare("rsp", get<Kind::resumed_by_iret, "rsp">(event), interrupted->rsp);
        compare("flags", get<Kind::resumed_by_iret, "rflags">(event),
                interrupted->rflags & ~nested_task);
        return;
    }
    default:
        return;
    }
    if (interrupted)
        broken(fmt::format("environment {} runs, but did not go on after the interrupt of event {}",
                           event.environment, interrupted->sequence));
}

} // namespace verifier::rule
