// tools/viewer/revocation_text.cpp - revocations for the terminal: a line each, or one step by
// step.

#include <algorithm>

#include <fmt/format.h>

#include "bindings/abi/capability.hpp"
#include "tools/viewer/steps_text.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

constexpr std::size_t listed = 10;

const char* who_ended(const Revocation& revocation) {
    return revocation.dead == revocation.receiver ? "receiver" : "asker";
}

std::string figures(const Revocation& revocation) {
    if (revocation.ended)
        return fmt::format("{} given, {} taken, {} missing", revocation.given, revocation.taken,
                           revocation.missing);
    return revocation.dead == 0 ? "under way at the end"
                                : fmt::format("the {} ended meanwhile", who_ended(revocation));
}

std::string units_of(const Revocation& revocation) {
    if (revocation.kind == static_cast<std::uint64_t>(abi::Kind::memory))
        return counted(revocation.count, "frame");
    return "one binding";
}

} // namespace

std::string request_of(const Names& names, const Revocation& revocation) {
    return fmt::format("{} asks {} for {}", names.of_environment(revocation.asker),
                       names.of_environment(revocation.receiver), units_of(revocation));
}

std::string outcome_of(const Revocation& revocation) {
    if (!revocation.ended && revocation.dead != 0)
        return fmt::format("The {}{} ended meanwhile.",
                           revocation.expired ? "deadline passed; the " : "",
                           who_ended(revocation));
    if (!revocation.ended)
        return fmt::format("{} was {}.", revocation.expired ? "The deadline passed; it" : "It",
                           figures(revocation));
    return fmt::format("{}: {}.", revocation.expired ? "The deadline passed" : "In time",
                       figures(revocation));
}

std::string revocation_text(const recording::Recording& recording, const Revocation& revocation,
                            std::size_t revocations, const WalkOptions& options) {
    const recording::Event& first = recording.events[revocation.events.front().index];
    const Names names(recording);
    return wrapped(fmt::format("Revocation {} of {}: {}, {} instructions after kernel entry. {}",
                               revocation.number, revocations, request_of(names, revocation),
                               grouped(first.time), outcome_of(revocation)),
                   Style::bold, options) +
           steps_text(recording, names, revocation.events, options) +
           costs_text(recording, revocation.cost, "From the request to its last event",
                      revocation.elapsed, options);
}

std::string revocations_text(const std::vector<Revocation>& revocations,
                             const WalkOptions& options) {
    if (revocations.empty())
        return "";
    const auto row = [](const auto&... cells) {
        return fmt::format("{:>12}  {:>4}  {:>2}  {:>11}  {:>30}  {:>10}", cells...);
    };
    std::string out = "\n" +
                      styled(row("revocation", "from", "to", "what", "outcome", "work"),
                             Style::bold, options.colours) +
                      "\n";
    for (std::size_t i = 0; i < std::min(listed, revocations.size()); ++i)
        out +=
            row(revocations[i].number, revocations[i].asker, revocations[i].receiver,
                units_of(revocations[i]), figures(revocations[i]), grouped(revocations[i].cost)) +
            "\n";
    if (revocations.size() > listed)
        out += fmt::format("{:>12}  and {} more\n", "...", grouped(revocations.size() - listed));
    return out + wrapped("One revocation step by step: exo walk RUN --revocation N", Style::plain,
                         options);
}

} // namespace viewer
