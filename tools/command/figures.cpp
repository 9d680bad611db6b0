// tools/command/figures.cpp - the figures of a run, as JSON and for people.

#include <fmt/format.h>

#include "tools/command/json.hpp"
#include "tools/command/run.hpp"

namespace command {

namespace {

constexpr const char* counted[] = {"faults", "evictions", "writebacks", "reads"};

std::string figure(const RunEnd& end, const std::string& name) {
    const auto found = end.console.figures.find(name);
    return found == end.console.figures.end() ? "" : found->second;
}

} // namespace

std::string RunEnd::policy_of(const Experiment& experiment) const {
    const auto own = console.figures.find("policy");
    return own == console.figures.end() ? experiment.policy : own->second;
}

std::string run_json(const Experiment& experiment, const RunEnd& end) {
    JsonObject json;
    json.text("app", experiment.app.name)
        .text("policy", end.policy_of(experiment))
        .number("frames", experiment.frames)
        .value("seed", json_value(std::to_string(experiment.seed)))
        .text("profile", experiment.profile)
        .number("processors", experiment.processors)
        .text("accel", experiment.accelerator)
        .text("outcome", end.outcome)
        .number("exit", static_cast<std::uint64_t>(end.code));
    if (end.has_result)
        json.number("status", end.result.status);
    // Who has no pager counts none of these: that is not the same as 0.
    const auto counted_value = [](const std::string& text, std::string (*as)(std::string_view)) {
        return text.empty() ? "null" : as(text);
    };
    for (const char* const name : counted)
        json.value(name, counted_value(figure(end, name), json_value));
    // Only the deterministic profile counts instructions: elsewhere ticks are time.
    if (end.has_result && experiment.deterministic())
        json.number("instructions", end.instructions())
            .number("boot_instructions", end.result.ticks_at_start - end.result.ticks_at_entry);
    json.value("victims_hash", counted_value(figure(end, "victims_hash"), json_string));
    std::map<std::string, std::string> further = end.console.figures;
    for (const char* const name :
         {"faults", "evictions", "writebacks", "reads", "victims_hash", "policy"})
        further.erase(name);
    if (const Crash* const crash = end.crash())
        further.insert(crash->said.begin(), crash->said.end());
    if (!further.empty())
        json.values("figures", further);
    json.text("recording", end.recording.empty() ? "" : shown(end.recording));
    json.text("directory", shown(end.directory));
    if (!experiment.arguments.empty())
        json.text("arguments", fmt::format("{}", fmt::join(experiment.arguments, " ")));
    json.text("workload", shown_identity(end.identity.workload))
        .text("experiment", shown_identity(end.identity.experiment));
    if (!end.replay_log.empty())
        json.value("replay_log", end.replay_log);
    json.values("output", end.console.output);
    return json.done();
}

std::string run_figures(const Experiment& experiment, const RunEnd& end) {
    std::string text;
    if (end.console.lines.empty()) // else the app has said it in its own words
        for (const auto& [name, value] : end.console.output)
            text += fmt::format("{:<14}{:>14}\n", name, value);
    text += fmt::format("{:<14}{:>14}\n{:<14}{:>14}\n", "policy", end.policy_of(experiment),
                        "frames", experiment.frames);
    for (const char* const name : counted)
        if (const std::string value = figure(end, name); !value.empty())
            text += fmt::format("{:<14}{:>14}\n", name, value);
    if (end.has_result && experiment.deterministic())
        text += fmt::format("{:<14}{:>14}{}\n", "instructions", end.instructions(),
                            experiment.record ? "  (with those that record; --no-record: without)"
                                              : "");
    if (!end.recording.empty())
        text += fmt::format("{:<14}{}\n", "recording", shown(end.recording));
    else
        text += fmt::format("{:<14}{}\n", "run", shown(end.directory));
    return text;
}

} // namespace command
