// tools/verifier/rules/slices.cpp - a slice is its owner's, and ends in time.

#include <fmt/format.h>

#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

// From the end of a slice to the moment that its end is seen: the longest path that runs with
// interrupts off.
constexpr std::uint64_t longest_path = 20'000;

} // namespace

void slice_ends_in_time(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::resumed_by_iret && kind_of(event) != Kind::upcall)
        return;
    const Slice* const slice = state.slice(event);
    if (slice == nullptr || !state.counts_instructions())
        return;
    const std::uint64_t end = slice->begun + slice->ticks + abi::slice_grace + longest_path;
    if (event.time > end)
        report.add(event.sequence,
                   fmt::format("environment {} goes on {} instructions after the end of the slice "
                               "of {} that began with event {}",
                               event.environment, event.time - slice->begun - slice->ticks,
                               slice->ticks, slice->sequence));
}

void slice_is_its_owners(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::slice_begun)
        return;
    const std::uint64_t position = get<Kind::slice_begun, "position">(event);
    const std::uint64_t ticks = get<Kind::slice_begun, "ticks">(event);
    if (position / abi::positions_per_processor != event.processor)
        report.add(event.sequence, fmt::format("a slice at position {} begins on processor {}",
                                               position, event.processor));
    const Slice given = state.given(position);
    if (given.environment == 0)
        report.add(
            event.sequence,
            fmt::format("a slice at position {} begins that nobody has been given", position));
    else if (ticks > given.ticks || ticks < given.ticks / 2)
        report.add(event.sequence,
                   fmt::format("the slice at position {} begins with {} instructions, given are {} "
                               "and half of them can be forfeited",
                               position, ticks, given.ticks));
}

} // namespace verifier::rule
