// tools/command/run_command.cpp - `exo run APP`: boots one experiment.

#include <fmt/format.h>

#include "tools/command/command.hpp"
#include "tools/command/run.hpp"
#include "tools/command/tool.hpp"
#include "tools/command/wrap.hpp"

namespace command {

namespace {

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    const App app = TRY(project.app(parsed.positional[0]));
    const Experiment experiment = TRY(experiment_from(project, app, parsed));
    const std::string& name = experiment.app.name;
    if (parsed.has("--dry-run")) {
        const std::string place =
            parsed.value("-o").value_or((project.runs() / fmt::format("{}-N", name)).string());
        const Qemu qemu = TRY(find_qemu());
        fmt::print("{}\n", shell_line(machine_of(experiment, qemu.place, place)));
        return ExitCode::done;
    }
    const bool json = parsed.has("--json");
    const auto directory = TRY(run_directory(project, name, parsed));
    const RunEnd end = TRY(boot(project, experiment, directory, !json));
    if (json) {
        fmt::print("{}\n", run_json(experiment, end));
        if (end.code != ExitCode::done) // else nothing would say why
            for (const std::string& line : end.console.lines)
                say(fmt::format("{}\n", line));
    }
    if (!json && end.code == ExitCode::done)
        fmt::print("{}{}{}{}", end.console.lines.empty() ? "" : "\n", end.shared_lines,
                   end.shared_lines.empty() ? "" : "\n", run_figures(experiment, end));
    say(failure_report(experiment, end));
    for (const std::string& line : end.console.kernel_lines) // the run has gone on without them
        if (line.ends_with("the run goes on without it") ||
            line.find(" processors are asked for") != line.npos)
            tell(line);
    for (const std::string& note : end.notes)
        tell(note);
    return end.code;
}

} // namespace

Command run_command() {
    std::vector<Option> options = experiment_options();
    options.push_back({"--json", "", "prints one JSON object instead of text"});
    return {"run", "APP", "boots one experiment", std::move(options),
            1,     1,     "APP-ARGUMENTS",        perform};
}

} // namespace command
