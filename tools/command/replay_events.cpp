// tools/command/replay_events.cpp - the events of a recording for gdb: where each lies in its
// ring, because that is what tells a replay how far it has come.

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "tools/command/replay.hpp"
#include "tools/viewer/words.hpp"

namespace command {

namespace {

bool is(const recording::Event& event, abi::Event kind) {
    return !event.claim && event.kind == static_cast<std::uint16_t>(kind);
}

Outcome<void> check_revocation(const recording::Recording& recording, std::uint64_t number) {
    std::uint64_t last = 0;
    for (const recording::Event& event : recording.events) {
        if (!is(event, abi::Event::revocation_requested))
            continue;
        last = viewer::field(event, "number");
        if (last == number)
            return {};
    }
    return usage_error(
        fmt::format("--at revocation:{}: the run has {}", number,
                    last == 0 ? "no revocations" : fmt::format("revocations 1 to {}", last)));
}

} // namespace

Outcome<void> check_place(const recording::Recording& recording, const std::string& place) {
    const std::string what = place.substr(0, place.find(':') + 1);
    const bool event = what == "event:";
    if (!event && what != "fault:" && what != "revocation:")
        return usage_error(
            fmt::format("--at {}: has the form fault:N, revocation:N or event:SEQ", place));
    const std::uint64_t number = TRY(number_in(
        "--at " + what, std::string_view(place).substr(what.size()), event ? 0 : 1, ~0ull));
    const auto faults = static_cast<std::uint64_t>(std::ranges::count_if(
        recording.events, [](const auto& each) { return is(each, abi::Event::page_fault); }));
    if (what == "revocation:")
        return check_revocation(recording, number);
    if (!event && number > faults)
        return usage_error(fmt::format("--at {}: the run has {} faults", place, faults));
    if (event && number >= recording.events.size())
        return usage_error(
            fmt::format("--at {}: the run has {} events, the first is 0 (`exo walk --fault N "
                        "--format json` has the `sequence` of each one of a fault)",
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
