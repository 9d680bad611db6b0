// tools/viewer/steps.hpp - the steps that events belong to: their numbers and titles, their costs.
//
// The cost of an event is the time since the event before it, of whatever kind: the work that led
// to it. What passes between two events of an episode beyond that (the disk works, other threads
// run) is waiting. Both are instructions, recording's own taken off.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bindings/abi/event.hpp"

namespace viewer {

/// Of a page fault; an exception has 1, 2 and 8 of them. Those of a revocation are numbered from
/// abi::revocation_steps on, those of a TLB shootdown from shootdown_steps on.
inline constexpr std::uint32_t step_none = 0, step_detect = 1, step_upcall = 2, step_victim = 3,
                               step_delete = 4, step_read = 5, step_completion = 6,
                               step_install = 7, step_resume = 8,
                               shootdown_steps = abi::revocation_steps + 10,
                               last_step = shootdown_steps + 4;

struct StepEvent {
    std::size_t index = 0; // into Recording::events
    std::uint32_t step = 0;
    std::uint64_t cost = 0;
    std::uint64_t waited = 0; // before that, since the episode's previous event
};

/// Times of the first and the last event that an episode was given.
struct Span {
    std::uint64_t begun = 0, last = 0;
};

/// Gives an event of that time to an episode.
template <class Owner>
void give_event(Owner& owner, Span& span, StepEvent event, std::uint64_t time) {
    if (owner.events.empty())
        span.begun = time;
    else if (time > span.last + event.cost)
        event.waited = time - span.last - event.cost;
    span.last = std::max(span.last, time); // another processor may have been faster
    owner.cost += event.cost;
    owner.elapsed = span.last - span.begun;
    owner.events.push_back(event);
}

/// "1" to "10", "4b", or "-" for no step; and what the step is called.
std::string step_number(std::uint32_t step);
const char* step_title(std::uint32_t step);

} // namespace viewer
