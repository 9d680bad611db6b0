// tools/viewer/steps_text.cpp - headings and paragraphs of an episode's steps.

#include "tools/viewer/steps_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/viewer/processors.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

constexpr std::size_t actor_column = 2, text_column = 16;

Style style_of(const std::string& actor) {
    if (actor == "hardware")
        return Style::hardware;
    if (actor == "exokernel")
        return Style::exokernel;
    return actor == "disk" ? Style::disk : Style::libos;
}

// `left` at the margin and `right`, if any, at the right edge.
std::string spread(const std::string& left, const std::string& right, std::size_t columns,
                   bool colours) {
    const std::size_t used = left.size() + right.size();
    const std::string gap(right.empty() ? 0 : used + 1 < columns ? columns - used : 1, ' ');
    return styled(left, Style::bold, colours) + gap + right + "\n";
}

std::string instructions(std::uint64_t count) { return counted(count, "instruction"); }

// One event: who, on which processor (`where`, if there are several), the sentence, and where in
// the sources.
std::string paragraph(const recording::Recording& recording, const Names& names,
                      const recording::Event& event, const std::string& where, std::size_t columns,
                      bool colours) {
    std::vector<std::string> lines = wrap(sentence(recording, event), columns - text_column);
    if (const std::string source = source_of(event); !source.empty())
        lines.push_back(styled(source, Style::dim, colours));
    const std::string who = names.actor(event);
    const std::string indent(actor_column, ' ');
    std::vector<std::pair<std::string, Style>> left{{who, style_of(who)}};
    if (!where.empty())
        left.emplace_back(where, Style::dim);
    std::string out;
    if (who.size() >= text_column - actor_column) { // a long name has a line of its own
        out += indent + styled(who, left[0].second, colours) + "\n";
        left.erase(left.begin());
    }
    for (std::size_t i = 0; i < std::max(lines.size(), left.size()); ++i) {
        const bool named = i < left.size();
        out += named ? indent + styled(left[i].first, left[i].second, colours) +
                           std::string(text_column - actor_column - left[i].first.size(), ' ')
                     : std::string(text_column, ' ');
        out += (i < lines.size() ? lines[i] : "") + "\n";
    }
    return out;
}

std::string waiting(std::uint64_t passed, std::size_t columns, bool colours) {
    std::string out;
    for (const std::string& line :
         wrap(fmt::format("({} of others, or waiting)", instructions(passed)),
              columns - actor_column))
        out += std::string(actor_column, ' ') + styled(line, Style::dim, colours) + "\n";
    return out;
}

std::size_t columns_of(const WalkOptions& options) {
    return std::max<std::size_t>(options.columns, 40);
}

} // namespace

std::string wrapped(const std::string& text, Style style, const WalkOptions& options) {
    std::string out;
    for (const std::string& line : wrap(text, columns_of(options)))
        out += styled(line, style, options.colours) + "\n";
    return out;
}

std::string steps_text(const recording::Recording& recording, const Names& names,
                       std::span<const StepEvent> events, const WalkOptions& options) {
    const std::size_t columns = columns_of(options);
    const Processors processors(recording);
    std::string out;
    for (std::size_t i = 0; i < events.size();) {
        const std::uint32_t step = events[i].step;
        if (events[i].waited != 0)
            out += "\n" + waiting(events[i].waited, columns, options.colours);
        std::uint64_t cost = 0;
        std::string body;
        const std::size_t begin = i;
        for (; i < events.size() && events[i].step == step; ++i) {
            if (i != begin && events[i].waited != 0)
                body += waiting(events[i].waited, columns, options.colours);
            cost += events[i].cost;
            const std::string where =
                processors.are_several()
                    ? fmt::format("processor {}", processors.of(events[i].index))
                    : "";
            body += paragraph(recording, names, recording.events[events[i].index], where, columns,
                              options.colours);
        }
        out += "\n" +
               spread(fmt::format("{} {}", step_number(step), step_title(step)),
                      cost == 0 ? "" : instructions(cost), columns, options.colours) +
               body;
    }
    return out;
}

std::string costs_text(const recording::Recording& recording, std::uint64_t cost,
                       const std::string& span, std::uint64_t elapsed, const WalkOptions& options) {
    const std::size_t columns = columns_of(options);
    std::string out = "\n" + spread("Total", instructions(cost), columns, options.colours);
    out += spread(span, instructions(elapsed), columns, false);
    if (Processors(recording).are_several())
        out += wrapped(of_all_processors, Style::dim, options);
    if (options.instructions_per_record != 0)
        out += wrapped(fmt::format("Costs exclude recording's own: {} instructions a record.",
                                   options.instructions_per_record),
                       Style::dim, options);
    return out;
}

} // namespace viewer
