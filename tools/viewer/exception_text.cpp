// tools/viewer/exception_text.cpp - exceptions for the terminal: the list, and one step by step.

#include <algorithm>

#include <fmt/format.h>

#include "bindings/abi/exception.hpp"
#include "tools/viewer/episodes.hpp"
#include "tools/viewer/steps_text.hpp"
#include "tools/viewer/text.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

std::string what(const Exception& exception) {
    return fmt::format("{} ({})", exception.vector, abi::name_of_exception(exception.vector));
}

// How its program went on, in a sentence; empty if its libOS said nothing of it.
std::string end_of(const Exception& exception) {
    if (exception.end_reason)
        return " " + end_text(*exception.end_reason);
    if (!exception.resumed_rip)
        return exception.thread ? " Nobody handled it." : "";
    const auto moved = static_cast<std::int64_t>(*exception.resumed_rip - exception.rip);
    if (moved == 0)
        return " The program goes on at the saved rip.";
    const auto bytes = moved < 0 ? -moved : moved;
    return fmt::format(" The program goes on {} byte{} {} the saved rip.", bytes,
                       bytes == 1 ? "" : "s", moved < 0 ? "before" : "behind");
}

} // namespace

std::string exceptions_table(const std::vector<Exception>& exceptions, std::size_t listed,
                             bool colours) {
    std::string out =
        styled("exception  vector                    thread   saved rip   goes on at      work",
               Style::bold, colours) +
        "\n";
    for (std::size_t i = 0; i < std::min(listed, exceptions.size()); ++i) {
        const Exception& each = exceptions[i];
        out += fmt::format(
            "{:>9}  {:<24}  {:>6}  {:>10}  {:>11}  {:>8}\n", each.number, what(each),
            each.thread ? fmt::to_string(*each.thread) : "-", fmt::format("{:#x}", each.rip),
            each.resumed_rip ? fmt::format("{:#x}", *each.resumed_rip) : "-", grouped(each.cost));
    }
    if (exceptions.size() > listed)
        out += fmt::format("{:>9}  and {} more\n", "...", grouped(exceptions.size() - listed));
    return out;
}

std::string exception_text(const recording::Recording& recording, const Exception& exception,
                           std::size_t exceptions, const WalkOptions& options) {
    const std::size_t columns = std::max<std::size_t>(options.columns, narrowest_text);
    const recording::Event& event = recording.events[exception.events.front().index];
    const Names names(recording);
    std::string title =
        fmt::format("Exception {} of {}: vector {}", exception.number, exceptions, what(exception));
    if (exception.thread)
        title += fmt::format(", thread {}", *exception.thread);
    title += fmt::format(", {}, {} instructions after kernel entry.",
                         names.of_environment(exception.environment), grouped(event.time)) +
             end_of(exception);
    std::string out;
    for (const std::string& line : wrap(title, columns))
        out += styled(line, Style::bold, options.colours) + "\n";
    return out + steps_text(recording, names, exception.events, options) +
           costs_text(exception.cost,
                      exception.resumed_rip ? "From exception to resumption"
                                            : "From exception to its last event",
                      exception.elapsed, options);
}

} // namespace viewer
