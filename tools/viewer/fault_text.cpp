// tools/viewer/fault_text.cpp - one page fault, step by step, for the terminal.

#include <fmt/format.h>

#include "tools/viewer/episodes.hpp"
#include "tools/viewer/steps_text.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

std::string title(const recording::Recording& recording, const Names& names, const Fault& fault,
                  std::size_t faults) {
    const recording::Event& event = recording.events[fault.events.front().index];
    std::string text =
        fmt::format("Page fault {} of {}: page {:#x}", fault.number, faults, fault.page);
    if (fault.thread)
        text += fmt::format(", thread {}", *fault.thread);
    text += fmt::format(", {}, {} instructions after kernel entry.",
                        names.of_environment(fault.environment), grouped(event.time));
    if (const std::string outcome = outcome_of(fault); !outcome.empty())
        text += " " + outcome;
    return text;
}

} // namespace

std::string fault_text(const recording::Recording& recording, const Fault& fault,
                       std::size_t faults, const WalkOptions& options) {
    const Names names(recording);
    return wrapped(title(recording, names, fault, faults), Style::bold, options) +
           steps_text(recording, names, fault.events, options) +
           costs_text(recording, fault.cost,
                      fault.resumed ? "From fault to resumption" : "From fault to its last event",
                      fault.elapsed, options);
}

} // namespace viewer
