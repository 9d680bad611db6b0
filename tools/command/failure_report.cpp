// tools/command/failure_report.cpp - one screen about a guest that did not end well.
//
// Says what faulted (by name, where a symbolizer is installed), in which environment, through
// which PE entry, the last events of the recording, and where the logs are.

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <sstream>

#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/command/child.hpp"
#include "tools/command/run.hpp"
#include "tools/recording_file/recording.hpp"

namespace command {

namespace {

constexpr std::uint64_t kernel_half = 0xffff'8000'0000'0000;
constexpr std::size_t events_shown = 8;

// What QEMU said, without the warning that every deterministic run gives while the guest waits.
std::string complaint_of(const std::string& output) {
    std::istringstream stream(output);
    for (std::string line; std::getline(stream, line);)
        if (line.find("icount sleep disabled") == std::string::npos)
            return line;
    return "";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// The words of the ABI for a fault: "page_fault (vector 14)".
std::string cause_text(std::uint64_t cause) {
    const auto entry = static_cast<abi::Entry>(cause & 0xff);
    return fmt::format("{} (vector {})", abi::name_of(entry), cause >> 8 & 0xff);
}

std::string place(const Experiment& experiment, std::uint64_t address) {
    const std::string symbol = symbol_of(experiment, address);
    return fmt::format("{:#x}{}{}", address, symbol.empty() ? "" : "  ", symbol);
}

std::string last_events(const RunEnd& end) {
    if (end.recording.empty())
        return "";
    std::string error;
    const auto recording = recording::load(end.recording.string(), error);
    if (!recording || recording->events.empty())
        return "";
    std::string text = "last events\n";
    const auto& events = recording->events;
    for (std::size_t i = events.size() - std::min(events.size(), events_shown); i < events.size();
         ++i) {
        const char* name = "unknown event";
        std::string words;
        for (const abi::EventDefinition& definition : abi::event_definitions)
            if (static_cast<std::uint16_t>(definition.event) == events[i].kind)
                name = definition.name;
        for (std::uint32_t word = 0; word < std::min(events[i].words, 3u); ++word)
            words += fmt::format(" {:#x}", events[i].payload[word]);
        text += fmt::format("  {:>12}  environment {}  {}{}\n", events[i].time,
                            events[i].environment, name, words);
    }
    return text;
}

std::string what_happened(const Experiment& experiment, const RunEnd& end) {
    const abi::RunResult& result = end.result;
    const std::string message(result.message, strnlen(result.message, sizeof(result.message)));
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
        return fmt::format("the recording region of {} MiB is full; take --region {}M or "
                           "--no-record",
                           experiment.region >> 20, experiment.region >> 19);
    default:
        return "the guest stopped without a result";
    }
}

std::string where_it_faulted(const Experiment& experiment, const RunEnd& end) {
    const abi::RunResult& result = end.result;
    const bool faulted =
        result.outcome == abi::Outcome::environment_killed || result.outcome == abi::Outcome::panic;
    if (!end.has_result || !faulted || result.rip == 0)
        return "";
    return fmt::format("  environment    {}\n  cause          {}\n  fault address  {}\n"
                       "  error code     {:#x}\n  rip            {}\n  rsp            {:#x}\n",
                       result.environment, cause_text(result.cause),
                       place(experiment, result.fault_address), result.error,
                       place(experiment, result.rip), result.rsp);
}

} // namespace

std::string symbol_of(const Experiment& experiment, std::uint64_t address) {
    const auto symbolizer = program_in_path("llvm-symbolizer-19");
    if (address == 0 || symbolizer.empty())
        return "";
    const auto& program = address >= kernel_half ? experiment.kernel : experiment.app.program;
    const auto text = output_of({symbolizer.string(), "--output-style=GNU", "--functions=short",
                                 "--obj=" + program.string(), fmt::format("{:#x}", address)});
    if (!text || text->starts_with("??"))
        return "";
    std::string function = first_line(*text);
    std::string line = first_line(text->substr(std::min(text->size(), function.size() + 1)));
    if (line.starts_with("??"))
        return function;
    return fmt::format("{} at {}", function, line);
}

std::string failure_report(const Experiment& experiment, const RunEnd& end) {
    switch (end.code) {
    case ExitCode::done:
        return "";
    case ExitCode::application_error:
        return fmt::format("{} ended with status {}, {}; its own lines above say why\n",
                           experiment.app.name, end.result.status,
                           abi::name_of(static_cast<abi::Error>(end.result.status)));
    case ExitCode::timeout:
        return fmt::format("{} was stopped after {} s; --timeout S gives it more ({})\n",
                           experiment.app.name, experiment.timeout,
                           shown(end.directory / "console.log"));
    case ExitCode::interrupted:
        return "interrupted; the guest has been stopped\n";
    default:
        break;
    }
    std::string text = fmt::format("{}: {}\n", experiment.app.name, what_happened(experiment, end));
    text += where_it_faulted(experiment, end);
    const auto& lines = end.console.kernel_lines;
    for (std::size_t i = lines.size() - std::min<std::size_t>(lines.size(), 6); i < lines.size();
         ++i)
        text += fmt::format("exokernel: {}\n", lines[i]);
    text += last_events(end);
    if (const std::string complaint = complaint_of(end.qemu_output); !complaint.empty())
        text += fmt::format("QEMU: {}\n", complaint);
    return text + fmt::format("logs: {} {}\n", shown(end.directory / "console.log"),
                              shown(end.directory / "qemu.log"));
}

} // namespace command
