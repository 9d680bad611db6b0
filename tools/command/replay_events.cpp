// tools/command/replay_events.cpp - the events of a recording for gdb: where each lies in its
// ring, because that is what tells a replay how far it has come.

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "tools/command/replay.hpp"
#include "tools/viewer/words.hpp"

namespace command {

namespace {

bool is_fault(const recording::Event& event) {
    return !event.claim && event.kind == static_cast<std::uint16_t>(abi::Event::page_fault);
}

} // namespace

Outcome<void> check_place(const recording::Recording& recording, const std::string& place) {
    const bool fault = place.starts_with("fault:");
    if (!fault && !place.starts_with("event:"))
        return usage_error(fmt::format("--at {}: has the form fault:N or event:SEQ", place));
    const std::uint64_t number =
        TRY(number_in(fault ? "--at fault:N" : "--at event:SEQ", std::string_view(place).substr(6),
                      fault ? 1 : 0, ~0ull));
    const auto faults =
        static_cast<std::uint64_t>(std::ranges::count_if(recording.events, is_fault));
    if (fault && number > faults)
        return usage_error(fmt::format("--at {}: the run has {} faults", place, faults));
    if (!fault && number >= recording.events.size())
        return usage_error(
            fmt::format("--at {}: the run has {} events, the first is 0 (`exo walk --format json` "
                        "lists them)",
                        place, recording.events.size()));
    return {};
}

std::string replay_events(const recording::Recording& recording) {
    std::vector<std::uint64_t> records(recording.rings.size()); // of each ring so far
    std::string lines;
    for (const recording::Event& event : recording.events) {
        const recording::Ring& ring = recording.rings[event.ring];
        const std::uint64_t before = records[event.ring];
        records[event.ring] += abi::records_of(static_cast<abi::Event>(event.kind));
        const abi::EventDefinition* const definition = viewer::definition_of(event);
        const bool idle = definition != nullptr && definition->event == abi::Event::idle;
        lines +=
            fmt::format("{} {} {}:{} {} {} {} {} {}", event.sequence, event.time,
                        event.claim ? "libos" : "kernel", ring.identity, before,
                        records[event.ring], idle ? viewer::field(event, "ticks") : 0,
                        definition == nullptr ? "unknown" : definition->name, event.environment);
        for (const viewer::Field& field : viewer::fields(event))
            lines += fmt::format(" {}={:x}", field.name, field.value);
        lines += '\n';
    }
    return lines;
}

} // namespace command
