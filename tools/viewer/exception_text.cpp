// tools/viewer/exception_text.cpp - discontinuities for the terminal: the list, and one step by
// step.

#include <algorithm>

#include <fmt/format.h>

#include "tools/viewer/discontinuities.hpp"
#include "tools/viewer/steps_text.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

std::string exceptions_table(const std::vector<Exception>& exceptions, std::size_t listed,
                             bool colours) {
    std::string out =
        styled("number  what                            thread   saved rip  goes on at      work",
               Style::bold, colours) +
        "\n";
    for (std::size_t i = 0; i < std::min(listed, exceptions.size()); ++i) {
        const Exception& each = exceptions[i];
        // The column is as wide as the longest name of a call.
        const std::string what = each.kind == Exception::Kind::system_call
                                     ? "call " + text_of(Shown::call, each.vector)
                                     : what_of(each);
        out += fmt::format(
            "{:>6}  {:<30}  {:>6}  {:>10}  {:>10}  {:>8}\n", each.number, what,
            each.thread ? fmt::to_string(*each.thread) : "-", fmt::format("{:#x}", each.rip),
            each.resumed_rip ? fmt::format("{:#x}", *each.resumed_rip) : "-", grouped(each.cost));
    }
    if (exceptions.size() > listed)
        out += fmt::format("{:>6}  and {} more\n", "...", grouped(exceptions.size() - listed));
    return out;
}

std::string exception_text(const recording::Recording& recording, const Exception& exception,
                           std::size_t exceptions, const WalkOptions& options) {
    const recording::Event& event = recording.events[exception.events.front().index];
    const Names names(recording);
    std::string title =
        fmt::format("Discontinuity {} of {}: {}", exception.number, exceptions, what_of(exception));
    if (exception.thread)
        title += fmt::format(", thread {}", *exception.thread);
    title += fmt::format(", {}, {} instructions after kernel entry. {}",
                         names.of_environment(exception.environment), grouped(event.time),
                         outcome_of(exception));
    std::string out = wrapped(title, Style::bold, options) +
                      steps_text(recording, names, exception.events, options);
    if (exception.elapsed == 0) // one event: what came before it was the program's
        return out;
    return out + costs_text(recording, exception.cost,
                            exception.resumed_rip ? "From its detection to the resumption"
                                                  : "From its detection to its last event",
                            exception.elapsed, options);
}

} // namespace viewer
