// tools/verifier/rules/counted.cpp - figures of an event that the events before it determine.

#include <fmt/format.h>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

void requests_are_counted(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::io_submitted)
        return;
    const Environment& environment = state.environment(event.environment);
    const std::uint64_t in_flight = get<Kind::io_submitted, "in_flight">(event);
    const std::uint64_t index = get<Kind::io_submitted, "ring_index">(event);
    if (in_flight != environment.in_flight + 1)
        report.add(event.sequence,
                   fmt::format("environment {} has {} requests in flight, not {}",
                               event.environment, environment.in_flight + 1, in_flight));
    if (index != environment.requests_taken)
        report.add(event.sequence,
                   fmt::format("the request is number {} of the ring of environment {}, not {}",
                               environment.requests_taken, event.environment, index));
}

// A request is recorded always the same number of instructions after it was started, and those of
// other processors that come in between.
void every_request_has_the_same_service_time(const State& state, const Event& event,
                                             Report& report) {
    if (kind_of(event) != Kind::io_submitted || !state.counts_instructions())
        return;
    const std::uint64_t due = get<Kind::io_submitted, "due">(event);
    const auto others = state.service_time();
    const ServiceTime service = state.service_time_of(event);
    if (due < event.time && !state.has_several_processors())
        report.add(event.sequence, fmt::format("request {} is due before it was started",
                                               get<Kind::io_submitted, "request">(event)));
    else if (others && (service.least > others->most || service.most < others->least))
        report.add(event.sequence, fmt::format("request {} is due {} instructions later, others {}",
                                               get<Kind::io_submitted, "request">(event),
                                               service.least, others->least));
}

void only_the_running_environment_acts(const State& state, const Event& event, Report& report) {
    const std::uint32_t running = state.revocations().time().running(event);
    switch (kind_of(event)) {
    case Kind::environment_switched:
        if (const std::uint64_t from = get<Kind::environment_switched, "from">(event);
            from != running &&
            (running != 0 || !state.environment(static_cast<std::uint32_t>(from)).ended))
            report.add(event.sequence,
                       fmt::format("the processor passes on from environment {}, but environment "
                                   "{} has it",
                                   get<Kind::environment_switched, "from">(event), running));
        return;
    case Kind::environment_created:
        if (get<Kind::environment_created, "parent">(event) != running)
            report.add(event.sequence,
                       fmt::format("environment {} creates another, but environment {} has the "
                                   "processor",
                                   get<Kind::environment_created, "parent">(event), running));
        return;
    case Kind::kernel_started:
        return;
    default:
        // A call that ends its caller is over after it.
        if (!event.claim && event.environment != running &&
            !state.environment(event.environment).ended)
            report.add(event.sequence,
                       fmt::format("environment {} acts, but environment {} has the processor",
                                   event.environment, running));
        return;
    }
}

} // namespace verifier::rule
