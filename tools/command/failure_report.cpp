// tools/command/failure_report.cpp - one screen about a guest that did not end well.
//
// Says what faulted (by name, where a symbolizer is installed), in which environment, through
// which PE entry, the last events of the recording, and where the logs are.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <ranges>
#include <sstream>
#include <vector>

#include "bindings/abi/exception.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/command/run.hpp"
#include "tools/command/symbols.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/viewer/names.hpp"
#include "tools/viewer/words.hpp"

namespace command {

namespace {

constexpr std::uint64_t kernel_half = 0xffff'8000'0000'0000;
constexpr std::size_t events_shown = 8;
constexpr std::size_t lines_shown = 5;

std::string said(const Crash& crash, const std::string& name) {
    const auto found = crash.said.find(name);
    return found == crash.said.end() ? "" : found->second;
}

// The environment that the report is about.
std::uint32_t told_of(const RunEnd& end) {
    return end.outcome == "crashed" ? end.crash()->environment : end.result.environment;
}

// The last entry through which the exokernel entered the environment; "" without a recording.
std::string last_entry(const std::optional<recording::Recording>& recording,
                       std::uint32_t environment) {
    if (!recording)
        return "";
    for (const recording::Event& event : recording->events | std::views::reverse) {
        if (event.claim || event.environment != environment)
            continue;
        switch (static_cast<abi::Event>(event.kind)) {
        case abi::Event::page_fault:
            return abi::name_of(abi::Entry::page_fault);
        case abi::Event::exception:
            return abi::name_of(abi::Entry::exception);
        case abi::Event::upcall:
            return abi::name_of(static_cast<abi::Entry>(event.payload[0]));
        default:
            break;
        }
    }
    return "";
}

// How the processor left the environment for the last time: "page_fault (vector 14)". An interrupt
// is not its doing; then the upcall counts that it was in.
std::string cause_text(std::uint64_t vector, const std::string& entered) {
    if (vector < abi::exception_vectors)
        return fmt::format("{} (vector {})",
                           abi::name_of(vector == abi::exception::page_fault
                                            ? abi::Entry::page_fault
                                            : abi::Entry::exception),
                           vector);
    return entered.empty() ? "an upcall (the recording names it)" : "in the upcall " + entered;
}

// What addresses mean: those of the kernel's half are everybody's.
struct Programs {
    std::filesystem::path kernel;
    std::filesystem::path own; // empty: which program the environment ran is not known
};

// Which program another environment ran stands in the recording only.
Programs known_programs(const Experiment& experiment, const RunEnd& end,
                        const std::optional<recording::Recording>& recording,
                        std::uint32_t environment) {
    const std::string name = recording ? viewer::Names(*recording).program(environment) : "";
    if (environment == end.result.environment || name == experiment.app.name)
        return {experiment.kernel, experiment.app.program};
    for (const auto& program : experiment.programs)
        if (program.filename() == name)
            return {experiment.kernel, program};
    return {experiment.kernel, {}};
}

std::string place(const Programs& programs, std::uint64_t address) {
    const std::string symbol =
        symbol_of(address >= kernel_half ? programs.kernel : programs.own, address);
    return fmt::format("{:#x}{}{}", address, symbol.empty() ? "" : "  ", symbol);
}

std::optional<recording::Recording> recording_of(const RunEnd& end) {
    std::string error;
    return end.recording.empty() ? std::nullopt : recording::load(end.recording.string(), error);
}

// The fields that come first, as many as fit on a line.
std::string event_text(const recording::Event& event) {
    constexpr std::size_t columns = 80;
    std::string line = fmt::format("  {:>12}  [{}] {}", event.time, event.environment,
                                   viewer::name_of_kind(event));
    for (const viewer::Field& field : viewer::fields(event)) {
        if (field.text.empty()) // the rest of a name
            continue;
        const std::string more = fmt::format(" {} {}", field.name, field.text);
        if (line.size() + more.size() > columns)
            break;
        line += more;
    }
    return line + "\n";
}

// Of one environment, or of all if none is named.
std::string last_events(const std::optional<recording::Recording>& recording,
                        std::optional<std::uint32_t> environment = {}) {
    if (!recording || recording->events.empty())
        return "";
    // Without the calls that wrote console lines: those say more by themselves.
    std::vector<const recording::Event*> shown_events;
    for (const recording::Event& event : recording->events)
        if (event.environment == environment.value_or(event.environment) &&
            (event.kind != static_cast<std::uint16_t>(abi::Event::system_call) ||
             event.payload[0] != static_cast<std::uint64_t>(abi::Call::write_console)))
            shown_events.push_back(&event);
    std::string text = "last events\n";
    const std::size_t first = shown_events.size() - std::min(shown_events.size(), events_shown);
    for (const recording::Event* const event : shown_events | std::views::drop(first))
        text += event_text(*event);
    return text;
}

std::string what_happened(const Experiment& experiment, const RunEnd& end) {
    if (end.outcome == "crashed")
        return fmt::format("environment {} crashed: {}", told_of(end), said(*end.crash(), "crash"));
    const abi::RunResult& result = end.result;
    std::string message(result.message, strnlen(result.message, sizeof(result.message)));
    // Before there is a region, what the kernel says stands on the console only.
    if (message.empty() && !end.has_result && !end.console.kernel_lines.empty())
        message = end.console.kernel_lines.back();
    switch (result.outcome) {
    case abi::Outcome::environment_killed:
        return fmt::format("environment {} was ended: {}{}{}", result.environment,
                           abi::name_of(static_cast<abi::EndReason>(result.reason)),
                           message.empty() ? "" : "; ", message);
    case abi::Outcome::panic:
        return fmt::format("the exokernel panicked: {}", message);
    case abi::Outcome::stuck:
        return "every environment waits and nothing is in flight that could wake one";
    case abi::Outcome::boot_error:
        return fmt::format("the exokernel refused what it was given{}{}",
                           message.empty() ? "" : ": ", message);
    case abi::Outcome::recording_full:
        if (experiment.region >= largest_region)
            return fmt::format("the recording region of {} MiB is full, and no larger one can be "
                               "had; make a smaller run or take --no-record",
                               experiment.region >> 20);
        return fmt::format("the recording region of {} MiB is full; take --region {}M (the run may "
                           "need more still) or --no-record",
                           experiment.region >> 20, experiment.region >> 19);
    default:
        return "the guest stopped without a result";
    }
}

std::uint64_t hexadecimal(const std::string& digits) {
    return std::strtoull(digits.c_str(), nullptr, 16);
}

std::string where_it_crashed(const Programs& programs, const Crash& crash) {
    return fmt::format("  thread         {}\n  PE entry       {}\n  fault address  {}\n"
                       "  error code     {:#x}\n  rip            {}\n",
                       said(crash, "crash_thread"), said(crash, "crash_entry"),
                       place(programs, hexadecimal(said(crash, "crash_address"))),
                       hexadecimal(said(crash, "crash_error")),
                       place(programs, hexadecimal(said(crash, "crash_rip"))));
}

std::string where_it_panicked(const Programs& programs, const abi::RunResult& result) {
    std::string text;
    if (result.cause == abi::exception::page_fault)
        text = fmt::format("  fault address  {}\n", place(programs, result.fault_address));
    return text + fmt::format("  rip            {}\n  rsp            {}\n",
                              place(programs, result.rip), place(programs, result.rsp));
}

// The policy runs in the upcall that is longest, and is the part of it that users write.
std::string policy_in_upcall(const Experiment& experiment, const RunEnd& end,
                             const std::string& entered) {
    const bool too_long =
        static_cast<abi::EndReason>(end.result.reason) == abi::EndReason::upcall_too_long;
    if (!too_long || (!entered.empty() && entered != abi::name_of(abi::Entry::page_fault)))
        return "";
    return fmt::format("  policy         {}, which chooses victims in page_fault and must return\n",
                       end.policy_of(experiment));
}

std::string where_it_faulted(const Experiment& experiment, const Programs& programs,
                             const RunEnd& end, const std::string& entered) {
    if (end.outcome == "crashed")
        return where_it_crashed(programs, *end.crash());
    const abi::RunResult& result = end.result;
    if (!end.has_result || result.rip == 0)
        return "";
    if (result.outcome == abi::Outcome::panic)
        return where_it_panicked(programs, result);
    if (result.outcome != abi::Outcome::environment_killed)
        return "";
    return fmt::format("  environment    {}\n  cause          {}\n{}  fault address  {}\n"
                       "  error code     {:#x}\n  rip            {}\n  rsp            {:#x}\n",
                       result.environment, cause_text(result.cause, entered),
                       policy_in_upcall(experiment, end, entered),
                       place(programs, result.fault_address), result.error,
                       place(programs, result.rip), result.rsp);
}

// What the guest said last: of a run that was stopped, the only hint at how far it came.
std::string last_lines(const RunEnd& end) {
    std::string text;
    const auto& lines = end.console.lines;
    for (std::size_t i = lines.size() - std::min(lines.size(), lines_shown); i < lines.size(); ++i)
        text += fmt::format("  {}\n", lines[i]);
    return text.empty() ? "the console has no line\n" : "last lines of the console\n" + text;
}

} // namespace

std::string complaint_of(const std::string& output) {
    std::istringstream stream(output);
    for (std::string line; std::getline(stream, line);)
        if (line.find("icount sleep disabled") == std::string::npos)
            return line;
    return "";
}

std::string failure_report(const Experiment& experiment, const RunEnd& end) {
    switch (end.code) {
    case ExitCode::done:
    case ExitCode::internal_fault: // a note says what
        return "";
    case ExitCode::application_error:
        return fmt::format("{} ended with status {}, {}; its own lines above say why\n",
                           experiment.app.name, end.result.status,
                           abi::name_of(static_cast<abi::Error>(end.result.status)));
    case ExitCode::timeout:
        return fmt::format("{} was stopped after {} s; --timeout S gives it more\n",
                           experiment.app.name, experiment.timeout) +
               last_lines(end) + last_events(recording_of(end)) +
               fmt::format("logs: {} {}\n", shown(end.directory / "console.log"),
                           shown(end.directory / "qemu.log"));
    case ExitCode::interrupted:
        return "interrupted; the guest has been stopped\n";
    default:
        break;
    }
    std::string text = fmt::format("{}: {}\n", experiment.app.name, what_happened(experiment, end));
    const auto recording = recording_of(end);
    const std::uint32_t environment = told_of(end);
    text += where_it_faulted(experiment, known_programs(experiment, end, recording, environment),
                             end, last_entry(recording, environment));
    const auto& lines = end.console.kernel_lines;
    for (std::size_t i = lines.size() - std::min<std::size_t>(lines.size(), 6); i < lines.size();
         ++i)
        text += fmt::format("exokernel: {}\n", lines[i]);
    // Those who go on after a crash say nothing of it.
    text += last_events(recording,
                        end.outcome == "crashed" ? std::optional{environment} : std::nullopt);
    if (const std::string complaint = complaint_of(end.qemu_output); !complaint.empty())
        text += fmt::format("QEMU: {}\n", complaint);
    return text + fmt::format("logs: {} {}\n", shown(end.directory / "console.log"),
                              shown(end.directory / "qemu.log"));
}

} // namespace command
