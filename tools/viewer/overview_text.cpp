// tools/viewer/overview_text.cpp - the run at a glance: how it ended, how often what, which faults.

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "bindings/abi/system_call.hpp"
#include "tools/viewer/episodes.hpp"
#include "tools/viewer/steps_text.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

constexpr std::size_t listed = 10;

std::string outcome(const recording::Recording& recording, const Names& names) {
    const abi::RunResult& result = recording.result;
    switch (result.outcome) {
    case abi::Outcome::ended:
        return fmt::format("the application ended with status {}", result.status);
    case abi::Outcome::environment_killed:
        return fmt::format("{} was ended: {}", names.of_environment(result.environment),
                           abi::name_of(static_cast<abi::EndReason>(result.reason)));
    case abi::Outcome::none:
        return "the run gave no result";
    default:
        return fmt::format("{}{}{}", name_of(result.outcome), result.message[0] != '\0' ? ": " : "",
                           result.message);
    }
}

// What several libOSes run: the tables name them by their numbers.
std::string environments(const recording::Recording& recording, const Names& names) {
    std::set<std::uint32_t> numbers;
    for (const recording::Ring& ring : recording.rings)
        if (ring.origin == abi::RingOrigin::libos)
            numbers.insert(ring.identity);
    std::string text;
    for (const std::uint32_t number : numbers)
        if (const std::string& program = names.program(number); !program.empty())
            text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", number, program);
    return numbers.size() < 2 || text.empty() ? "" : "Environments: " + text + ".";
}

// A sentence without what makes it one.
std::string in_table(std::string sentence) {
    sentence[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(sentence[0])));
    sentence.pop_back();
    return sentence;
}

std::string row(const Fault& fault) {
    const std::string thread = fault.thread ? fmt::to_string(*fault.thread) : "-";
    if (fault.end_reason)
        return fmt::format("{:>7}  {:>12}  {:>6}  {:>42}\n", fault.number,
                           fmt::format("{:#x}", fault.page), thread,
                           in_table(end_text(*fault.end_reason)));
    const std::string victim = fault.victim_page ? fmt::format("{:#x}{}", *fault.victim_page,
                                                               fault.written_back ? " w" : "")
                               : fault.joined    ? "joins"
                                                 : "-";
    return fmt::format("{:>7}  {:>12}  {:>6}  {:>14}  {:>10}  {:>14}\n", fault.number,
                       fmt::format("{:#x}", fault.page), thread, victim, grouped(fault.cost),
                       grouped(fault.elapsed));
}

} // namespace

std::string overview_text(const recording::Recording& recording, const std::vector<Fault>& faults,
                          const std::vector<Exception>& exceptions, const WalkOptions& options) {
    const Counts counts = count(recording, faults);
    const Names names(recording);
    std::string out;
    const auto line = [&](const std::string& text) { out += wrapped(text, Style::plain, options); };
    std::string facts;
    for (const auto& [key, value] : recording.facts)
        facts += fmt::format("{}{}={}", facts.empty() ? "" : " ", key, value);
    if (!facts.empty())
        line(facts);
    line(fmt::format("Outcome: {}, {} instructions after kernel entry.", outcome(recording, names),
                     grouped(recording.result.ticks_at_end)));
    line(fmt::format("{}, {}, {}, {}, {} joined; {}, {}, {}.", counted(counts.faults, "page fault"),
                     counted(counts.evictions, "eviction"),
                     counted(counts.writebacks, "write-back"), counted(counts.reads, "read"),
                     grouped(counts.joined), counted(counts.exceptions, "exception"),
                     counted(counts.system_calls, "system call"),
                     counted(counts.interrupts, "interrupt")));
    line(fmt::format("{} by the exokernel, {} by libOSes, in {}.",
                     counted(counts.kernel_events, "event"), counted(counts.claims, "claim"),
                     counted(recording.rings.size(), "ring")));
    if (const std::string programs = environments(recording, names); !programs.empty())
        line(programs);
    for (const std::string& note : recording.notes)
        line("Note: " + note);
    if (!recording.flags.empty())
        line(fmt::format("Flagged: {} that cannot be right; `exo verify` names what.",
                         counted(recording.flags.size(), "thing")));
    out += processors_text(recording, options);
    out += revocations_text(find_revocations(recording, options.instructions_per_record), options);
    if (counts.exceptions != 0)
        out += "\n" + exceptions_table(exceptions, listed, options.colours);
    if (!faults.empty()) {
        out += "\n";
        out += styled("  fault          page  thread          victim        work  fault to resume",
                      Style::bold, options.colours) +
               "\n";
        for (std::size_t i = 0; i < std::min(listed, faults.size()); ++i)
            out += row(faults[i]);
        if (faults.size() > listed)
            out += fmt::format("{:>7}  and {} more\n", "...", grouped(faults.size() - listed));
        out += "Costliest:\n" + row(*costliest(faults));
    }
    if (faults.empty() && exceptions.empty())
        return out;
    line("Work and time in instructions; w: the victim was written back. One of them step by step: "
         "exo walk RUN --fault N, or --exception N");
    if (options.instructions_per_record != 0)
        line(fmt::format("Both exclude recording's own cost: {} instructions a record.",
                         options.instructions_per_record));
    return out;
}

} // namespace viewer
