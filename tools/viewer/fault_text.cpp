// tools/viewer/fault_text.cpp - one fault, step by step, for the terminal.

#include <algorithm>

#include <fmt/format.h>

#include "tools/viewer/text.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

constexpr std::size_t actor_column = 2, text_column = 16, narrowest = 40;

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

std::string instructions(std::uint64_t count) {
    return grouped(count) + (count == 1 ? " instruction" : " instructions");
}

// One event: who, the sentence, and where in the sources.
std::string paragraph(const recording::Recording& recording, const recording::Event& event,
                      std::size_t columns, bool colours) {
    std::string who = actor(recording, event);
    const Style style = style_of(who);
    std::string out;
    const std::string margin(text_column, ' ');
    if (who.size() >= text_column - actor_column) { // a long name has a line of its own
        out += std::string(actor_column, ' ') + styled(who, style, colours) + "\n";
        who.clear();
    }
    bool first = true;
    for (const std::string& line : wrap(sentence(recording, event), columns - text_column)) {
        if (first && !who.empty())
            out += std::string(actor_column, ' ') + styled(who, style, colours) +
                   std::string(text_column - actor_column - who.size(), ' ') + line + "\n";
        else
            out += margin + line + "\n";
        first = false;
    }
    const abi::EventDefinition* definition = definition_of(event);
    if (definition != nullptr)
        out += margin + styled(definition->source, Style::dim, colours) + "\n";
    return out;
}

std::string title(const recording::Recording& recording, const Fault& fault, std::size_t faults,
                  std::size_t columns, bool colours) {
    const recording::Event& event = recording.events[fault.events.front().index];
    std::string text =
        fmt::format("Page fault {} of {}: page {:#x}", fault.number, faults, fault.page);
    if (fault.thread)
        text += fmt::format(", thread {}", *fault.thread);
    text += fmt::format(", environment {}, {} instructions after kernel entry.", fault.environment,
                        grouped(event.time));
    if (fault.victim_page)
        text += fmt::format(" Its frame is taken from page {:#x}{}.", *fault.victim_page,
                            fault.written_back ? ", which is written back" : "");
    else if (fault.joined)
        text += " It joins another thread's fault on the same page.";
    else if (fault.frame_taken)
        text += " A frame was free.";
    std::string out;
    for (const std::string& line : wrap(text, columns))
        out += styled(line, Style::bold, colours) + "\n";
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

} // namespace

std::string fault_text(const recording::Recording& recording, const Fault& fault,
                       std::size_t faults, const WalkOptions& options) {
    const std::size_t columns = std::max<std::size_t>(options.columns, narrowest);
    std::string out = title(recording, fault, faults, columns, options.colours);
    for (std::size_t i = 0; i < fault.events.size();) {
        const std::uint32_t step = fault.events[i].step;
        if (fault.events[i].waited != 0)
            out += "\n" + waiting(fault.events[i].waited, columns, options.colours);
        std::uint64_t cost = 0;
        std::string body;
        const std::size_t begin = i;
        for (; i < fault.events.size() && fault.events[i].step == step; ++i) {
            if (i != begin && fault.events[i].waited != 0)
                body += waiting(fault.events[i].waited, columns, options.colours);
            cost += fault.events[i].cost;
            body += paragraph(recording, recording.events[fault.events[i].index], columns,
                              options.colours);
        }
        out += "\n" +
               spread(fmt::format("{} {}", step_number(step), step_title(step)),
                      step == 1 ? "" : instructions(cost), columns, options.colours) +
               body;
    }
    out += "\n" + spread("Total", instructions(fault.cost), columns, options.colours);
    out += spread(fault.resumed ? "From fault to resumption" : "From fault to its last event",
                  instructions(fault.elapsed), columns, false);
    if (options.instructions_per_record != 0) {
        const std::string note =
            fmt::format("Costs exclude recording's own: {} instructions a record.",
                        options.instructions_per_record);
        for (const std::string& line : wrap(note, columns))
            out += styled(line, Style::dim, options.colours) + "\n";
    }
    return out;
}

} // namespace viewer
