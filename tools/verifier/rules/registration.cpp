// tools/verifier/rules/registration.cpp - what upcalls are delivered by is the libOS's own, and
// each kind has its own entry point.

#include <fmt/format.h>

#include "bindings/abi/address.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

bool is_stack(std::uint64_t top) {
    return top != 0 && top % 16 == 0 && abi::is_user_address(top - 1);
}

void check_setup(const State& state, const Event& event, Report& report) {
    const std::uint64_t identity = get<Kind::processor_environment_set, "environment">(event);
    const std::uint64_t frame = get<Kind::processor_environment_set, "pe_frame">(event);
    const std::uint64_t begin = get<Kind::processor_environment_set, "resume_begin">(event);
    const std::uint64_t end = get<Kind::processor_environment_set, "resume_end">(event);
    const Environment& environment = state.environment(static_cast<std::uint32_t>(identity));
    const std::uint64_t known = environment.registered.pe_frame;
    if (identity != first_environment && !environment.created)
        report.add(event.sequence, fmt::format("there is no environment {}", identity));
    if ((frame != 0 && !state.frame(frame).bound) || (known != 0 && frame != known))
        report.add(event.sequence, fmt::format("frame {} becomes the PE page of environment {}, "
                                               "whose PE page it cannot be",
                                               frame, identity));
    if (begin > end || !abi::is_user_address(end))
        report.add(event.sequence,
                   fmt::format("the resume range of environment {}, {:#x} to {:#x}, is none",
                               identity, begin, end));
    for (const std::uint64_t top : {get<Kind::processor_environment_set, "upcall_stack">(event),
                                    get<Kind::processor_environment_set, "nested_stack">(event)})
        if (!is_stack(top))
            report.add(event.sequence, fmt::format("environment {} cannot have an upcall stack at "
                                                   "{:#x}",
                                                   identity, top));
}

} // namespace

void registered_for_upcalls_is_the_libos_own(const State& state, const Event& event,
                                             Report& report) {
    if (kind_of(event) == Kind::processor_environment_set)
        return check_setup(state, event, report);
    if (kind_of(event) == Kind::environment_started) {
        const std::uint64_t identity = get<Kind::environment_started, "environment">(event);
        if (state.environment(static_cast<std::uint32_t>(identity)).registered.pe_frame == 0)
            report.add(event.sequence,
                       fmt::format("environment {} starts without a PE page", identity));
        return;
    }
    if (kind_of(event) != Kind::entry_set)
        return;
    const std::uint64_t entry = get<Kind::entry_set, "entry">(event);
    const std::uint64_t address = get<Kind::entry_set, "address">(event);
    if (entry >= abi::entry_slots || !abi::is_user_address(address))
        report.add(event.sequence,
                   fmt::format("entry {} of environment {} cannot be at {:#x}", entry,
                               get<Kind::entry_set, "environment">(event), address));
}

void completion_has_an_entry_of_its_own(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::upcall ||
        get<Kind::upcall, "entry">(event) != static_cast<std::uint64_t>(abi::Entry::io_completion))
        return;
    const std::uint64_t address = get<Kind::upcall, "address">(event);
    const Registration& registered = state.environment(event.environment).registered;
    for (const abi::Entry other : {abi::Entry::page_fault, abi::Entry::exception})
        if (registered.address_of(other) == address)
            report.add(event.sequence,
                       fmt::format("environment {} is told of completions at {:#x}, where its "
                                   "entry {} is",
                                   event.environment, address, abi::name_of(other)));
}

} // namespace verifier::rule
