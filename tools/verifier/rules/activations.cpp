// tools/verifier/rules/activations.cpp - a thread that waits for its page gives its processor back.
//
// A libOS has one processor at a time, so while it has it, one of its threads runs if any can.
// (Anderson, Bershad, Lazowska and Levy, "Scheduler Activations", SOSP 1991.) What a recording says
// of threads that can run: the page of a thread's fault is there, and it has not resumed. A thread
// that waits for its own write-backs (`write_back`) has the processor meanwhile, and is not judged.

#include <fmt/format.h>

#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

void nobody_idles_who_could_run(const State& state, const Event& event, Report& report) {
    const bool switches =
        kind_of(event) == Kind::thread_switched && get<Kind::thread_switched, "to">(event) == 0;
    const bool waits =
        kind_of(event) == Kind::system_call &&
        get<Kind::system_call, "call">(event) == static_cast<std::uint64_t>(abi::Call::wait);
    const Environment& environment = state.environment(event.environment);
    if ((!switches && !waits) || !environment.running)
        return;
    const std::uint64_t running = switches ? 0 : *environment.running;
    for (const auto& [thread, fault] : environment.threads)
        if (running == 0 && fault.installed)
            report.add(event.sequence,
                       fmt::format("environment {} has no thread run, but page {:#x} of thread {} "
                                   "is there",
                                   event.environment, fault.hardware.page, thread));
        else if (running == thread)
            report.add(event.sequence,
                       fmt::format("environment {} waits while thread {} has the processor, which "
                                   "waits for page {:#x}",
                                   event.environment, thread, fault.hardware.page));
}

} // namespace verifier::rule
