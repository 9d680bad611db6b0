// tools/verifier/rules/recording.cpp - rules about the recording itself: whole, and of true origin.

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using recording::Reason;
using recording::Recording;

namespace {

std::string ring_name(const Recording& recording, std::uint32_t ring) {
    if (ring >= recording.rings.size())
        return "the recording region";
    const recording::Ring& description = recording.rings[ring];
    return description.origin == abi::RingOrigin::kernel
               ? fmt::format("the kernel's ring of processor {}", description.identity)
               : fmt::format("the ring of environment {}", description.identity);
}

// Which rule a flag of the recorder belongs to.
bool is_about_origin(Reason reason) {
    return reason == Reason::forged_kernel_event || reason == Reason::foreign_environment ||
           reason == Reason::foreign_processor;
}
bool is_about_time(Reason reason) {
    return reason == Reason::time_ran_backwards || reason == Reason::time_before_entry;
}

void add_flags(const Recording& recording, Report& report, bool (*mine)(Reason)) {
    for (const recording::Flag& flag : recording.flags)
        if (mine(flag.reason))
            report.add(recording.events.size(),
                       fmt::format("{}, {} {}: {}", ring_name(recording, flag.ring),
                                   flag.ring == recording::no_ring ? "ring" : "record", flag.record,
                                   recording::describe(flag.reason)));
}

const char* name_of(const Event& event) {
    for (const abi::EventDefinition& definition : abi::event_definitions)
        if (definition.event == kind_of(event))
            return definition.name;
    return "an unknown event";
}

} // namespace

void nothing_lost(const Recording& recording, Report& report) {
    for (std::uint32_t i = 0; i < recording.rings.size(); ++i)
        if (recording.rings[i].lost != 0)
            report.add(recording.events.size(),
                       fmt::format("{} lost {} records: give the run a larger recording region",
                                   ring_name(recording, i), recording.rings[i].lost));
    if (!recording.complete)
        for (const std::string& note : recording.notes)
            report.add(recording.events.size(), note);
}

namespace {

// Which payload words of the kind must be 0: those whose names begin with "reserved".
std::uint32_t reserved_words(const Event& event) {
    std::uint32_t mask = 0;
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        if (definition.event != kind_of(event))
            continue;
        std::string_view rest = definition.fields;
        for (std::uint32_t bit = 1; !rest.empty(); bit <<= 1) {
            if (rest.starts_with("reserved"))
                mask |= bit;
            rest.remove_prefix(std::min(std::min(rest.find(' '), rest.size()) + 1, rest.size()));
        }
    }
    return mask;
}

} // namespace

void records_are_whole(const Recording& recording, Report& report) {
    std::array<std::optional<std::uint32_t>, 0x1000> known;
    for (const Event& event : recording.events) {
        auto& mask = known[event.kind % known.size()];
        if (!mask)
            mask = reserved_words(event);
        for (std::uint32_t word = 0; word != event.payload.size(); ++word)
            if ((*mask >> word & 1) != 0 && event.payload[word] != 0)
                report.add(event.sequence,
                           fmt::format("a reserved word of {} is not 0", name_of(event)));
    }
    add_flags(recording, report, [](Reason reason) {
        return !is_about_origin(reason) && !is_about_time(reason) &&
               reason != Reason::claim_in_kernel_ring;
    });
}

void time_monotonic(const Recording& recording, Report& report) {
    add_flags(recording, report, is_about_time);
    std::vector<std::uint64_t> last(recording.rings.size());
    for (const Event& event : recording.events) {
        if (event.ring >= last.size())
            continue;
        if (event.time < last[event.ring])
            report.add(event.sequence,
                       fmt::format("{} has an event at {} after one at {}",
                                   ring_name(recording, event.ring), event.time, last[event.ring]));
        last[event.ring] = event.time;
    }
}

void origin_not_forged(const Recording& recording, Report& report) {
    add_flags(recording, report, is_about_origin);
    for (const Event& event : recording.events)
        if (event.claim && event.kind < abi::first_libos_event)
            report.add(event.sequence,
                       fmt::format("environment {} claims {}, which only the kernel "
                                   "can know",
                                   event.environment, name_of(event)));
}

void no_policy_decision_by_kernel(const Recording& recording, Report& report) {
    for (const Event& event : recording.events)
        if (!event.claim && event.kind >= abi::first_libos_event)
            report.add(event.sequence,
                       fmt::format("the kernel's ring holds {}, which only a libOS may decide",
                                   name_of(event)));
}

} // namespace verifier::rule
