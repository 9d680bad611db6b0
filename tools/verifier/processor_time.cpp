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
    const std::uint64_t had = value_in(had_, environment);
    return environment == running_ && event.time > since_ ? had + event.time - since_ : had;
}

std::uint64_t ProcessorTime::at_last_return(std::uint32_t environment) const {
    return value_in(returned_, environment);
}

void ProcessorTime::stop(std::uint64_t now) {
    if (now > since_)
        had_[running_] += now - since_;
}

void ProcessorTime::apply(const Event& event) {
    switch (kind_of(event)) {
    case Kind::environment_switched:
        stop(event.time);
        running_ = static_cast<std::uint32_t>(get<Kind::environment_switched, "to">(event));
        since_ = event.time;
        ++switches_;
        break;
    case Kind::idle: {
        const std::uint64_t ticks = get<Kind::idle, "ticks">(event);
        stop(event.time > ticks ? event.time - ticks : 0);
        since_ = event.time;
        break;
    }
    case Kind::environment_ended:
        if (get<Kind::environment_ended, "environment">(event) != running_)
            return;
        stop(event.time);
        running_ = 0;
        since_ = event.time;
        return;
    case Kind::system_call:
    case Kind::upcall:
    case Kind::resumed_by_iret:
    case Kind::io_completed:
    case Kind::state_saved:
        break;
    default:
        return;
    }
    returned_[running_] = at(running_, event);
}

} // namespace verifier
