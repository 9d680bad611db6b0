// tools/viewer/processors_text.cpp - several processors for the terminal: what each of them did,
// and their shootdowns, a line each or one step by step.

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "tools/viewer/processors.hpp"
#include "tools/viewer/steps_text.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;

namespace {

constexpr std::size_t listed = 10;

// What happened on one processor.
struct Tally {
    std::set<std::uint64_t> environments;
    std::uint64_t events = 0, calls = 0, idle = 0, asked = 0, answered = 0;
};

std::map<std::uint16_t, Tally> tallies(const recording::Recording& recording,
                                       const Processors& processors) {
    std::map<std::uint16_t, Tally> all;
    for (std::size_t i = 0; i != recording.events.size(); ++i) {
        const recording::Event& event = recording.events[i];
        Tally& tally = all[processors.of(i)];
        ++tally.events;
        if (!recording::of_true_origin(event))
            continue;
        switch (Kind{event.kind}) {
        case Kind::environment_switched:
            tally.environments.insert(field(event, "to"));
            break;
        case Kind::system_call:
            ++tally.calls;
            break;
        case Kind::idle:
            tally.idle += field(event, "ticks");
            break;
        case Kind::shootdown_sent:
            ++tally.asked;
            break;
        case Kind::shootdown_answered:
            ++tally.answered;
            break;
        default:
            break;
        }
    }
    return all;
}

// "1, 3, 4", cut to the column.
template <class Numbers> std::string series(const Numbers& numbers, std::size_t width) {
    std::string text;
    for (const auto number : numbers)
        if (number != 0 || numbers.size() == 1)
            text += fmt::format("{}{}", text.empty() ? "" : ", ", number);
    return text.size() <= width ? text : text.substr(0, width - 3) + "...";
}

std::string shootdown_row(const Shootdown& shootdown) {
    std::vector<std::uint16_t> asked;
    asked.reserve(shootdown.asked.size());
    for (const Shootdown::Asked& each : shootdown.asked)
        asked.push_back(each.processor);
    return fmt::format("{:>9}  {:>6}  {:>9}  {:>7}  {:<19}  {:>7}  {:>10}\n",
                       grouped(shootdown.number), shootdown.environment, shootdown.processor,
                       grouped(shootdown.removed + shootdown.changed), series(asked, 19),
                       grouped(shootdown.cost), grouped(shootdown.elapsed));
}

} // namespace

std::string processors_text(const recording::Recording& recording, const WalkOptions& options) {
    const Processors processors(recording);
    if (!processors.are_several())
        return "";
    const auto heading = [&](const char* text) {
        return "\n" + styled(text, Style::bold, options.colours) + "\n";
    };
    std::string out = heading("processor  environments      events     calls            idle   "
                              "asked   answered");
    for (const auto& [processor, tally] : tallies(recording, processors))
        out +=
            fmt::format("{:>9}  {:<13}  {:>9}  {:>8}  {:>14}  {:>6}  {:>9}\n", processor,
                        series(tally.environments, 13), grouped(tally.events), grouped(tally.calls),
                        grouped(tally.idle), grouped(tally.asked), grouped(tally.answered));
    out += wrapped(std::string("Asked, answered: to flush the TLB of another processor, and for "
                               "one. Idle: instructions that passed with nothing to run. ") +
                       of_all_processors,
                   Style::plain, options);
    const std::vector<Shootdown> shootdowns =
        find_shootdowns(recording, options.instructions_per_record);
    if (shootdowns.empty())
        return out;
    out += heading("shootdown      by  processor  removed  asked                   work  "
                   "  duration");
    for (std::size_t i = 0; i < std::min(listed, shootdowns.size()); ++i)
        out += shootdown_row(shootdowns[i]);
    if (shootdowns.size() > listed)
        out += fmt::format("{:>9}  and {} more\n", "...", grouped(shootdowns.size() - listed));
    return out +
           wrapped("One shootdown step by step: exo walk RUN --shootdown N", Style::plain, options);
}

std::string shootdown_text(const recording::Recording& recording, const Shootdown& shootdown,
                           std::size_t shootdowns, const WalkOptions& options) {
    const recording::Event& first = recording.events[shootdown.events.front().index];
    const Names names(recording);
    return wrapped(fmt::format("TLB shootdown {} of {}: {}, {} instructions after kernel entry. {}",
                               shootdown.number, shootdowns, removal_of(names, shootdown),
                               grouped(first.time), outcome_of(shootdown)),
                   Style::bold, options) +
           steps_text(recording, names, shootdown.events, options) +
           costs_text(recording, shootdown.cost, "From the first removal to the last event",
                      shootdown.elapsed, options);
}

} // namespace viewer
