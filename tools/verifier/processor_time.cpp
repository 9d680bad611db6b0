// tools/verifier/processor_time.cpp - reckoning processor time from the kernel's events.

#include "tools/verifier/processor_time.hpp"

#include "tools/verifier/fields.hpp"

namespace verifier {

using Kind = abi::Event;
using recording::Event;

namespace {

std::uint64_t value_in(const std::unordered_map<std::uint32_t, std::uint64_t>& map,
                       std::uint32_t environment) {
    const auto found = map.find(environment);
    return found == map.end() ? 0 : found->second;
}

} // namespace

std::uint64_t ProcessorTime::at(std::uint32_t environment, const Event& event) const {
    std::uint64_t had = value_in(had_, environment);
    for (const auto& [processor, turn] : turns_)
        if (turn.running == environment && event.time > turn.since)
            had += event.time - turn.since;
    return had;
}

std::uint64_t ProcessorTime::at_last_return(std::uint32_t environment) const {
    return value_in(returned_, environment);
}

std::uint64_t ProcessorTime::surely_at_last_return(std::uint32_t environment) const {
    return value_in(surely_returned_, environment);
}

std::uint64_t ProcessorTime::surely(std::uint32_t environment) const {
    std::uint64_t had = value_in(surely_, environment);
    for (const auto& [processor, turn] : turns_)
        if (turn.running == environment)
            had += turn.last - turn.first;
    return had;
}

std::uint32_t ProcessorTime::running(const Event& event) const {
    const auto found = turns_.find(event.processor);
    return found == turns_.end() ? 0 : found->second.running;
}

void ProcessorTime::has_event(Turn& turn, std::uint64_t now) {
    if (turn.first == 0)
        turn.first = now;
    turn.last = now;
}

void ProcessorTime::stop(const Turn& turn, std::uint64_t now) {
    if (now > turn.since)
        had_[turn.running] += now - turn.since;
    surely_[turn.running] += turn.last - turn.first;
}

void ProcessorTime::apply(const Event& event) {
    Turn& here = turns_[event.processor];
    switch (kind_of(event)) {
    case Kind::environment_switched:
        stop(here, event.time);
        here = {static_cast<std::uint32_t>(get<Kind::environment_switched, "to">(event)),
                event.time};
        ++switches_;
        returned_[here.running] = at(here.running, event);
        return;
    case Kind::idle: {
        const std::uint64_t ticks = get<Kind::idle, "ticks">(event);
        stop(here, event.time > ticks ? event.time - ticks : 0);
        here = {here.running, event.time};
        returned_[here.running] = at(here.running, event);
        return;
    }
    case Kind::environment_ended:
        for (auto& [processor, turn] : turns_)
            if (get<Kind::environment_ended, "environment">(event) == turn.running) {
                stop(turn, event.time);
                turn = {0, event.time};
            }
        return;
    case Kind::system_call:
    case Kind::upcall:
    case Kind::resumed_by_iret:
    case Kind::io_completed:
    case Kind::state_saved:
        break;
    default:
        has_event(here, event.time);
        return;
    }
    has_event(here, event.time);
    returned_[here.running] = at(here.running, event);
    surely_returned_[here.running] = surely(here.running);
}

} // namespace verifier
