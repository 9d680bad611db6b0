// tools/verifier/rules/shootdowns.cpp - who has other TLBs flushed waits for it, with the lock.

#include <fmt/format.h>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

void shootdown_is_answered_before_it_is_over(const State& state, const Event& event,
                                             Report& report) {
    if (event.claim)
        return;
    if (kind_of(event) == Kind::shootdown_sent) {
        const std::uint64_t target = get<Kind::shootdown_sent, "target">(event);
        const std::uint64_t running = get<Kind::shootdown_sent, "running">(event);
        if (const std::uint32_t runs = state.runs_on(static_cast<std::uint16_t>(target));
            target == event.processor || runs != running)
            report.add(event.sequence,
                       fmt::format("processor {} asks processor {} for a flush of environment {}'s "
                                   "translations, but that one runs environment {}",
                                   event.processor, target, running, runs));
        return;
    }
    for (const auto& [target, flush] : state.flushes())
        if (flush.asker == event.processor)
            report.add(event.sequence, fmt::format("processor {} goes on, but the TLB of processor "
                                                   "{} is not flushed yet",
                                                   event.processor, target));
    if (kind_of(event) != Kind::shootdown_answered)
        return;
    const auto asked = state.flushes().find(event.processor);
    if (asked == state.flushes().end() ||
        asked->second.running != get<Kind::shootdown_answered, "running">(event))
        report.add(event.sequence,
                   fmt::format("processor {} flushes its TLB for another one, but none has asked",
                               event.processor));
}

} // namespace verifier::rule
