// tools/command/doctor.cpp - `exo doctor`: each tool, its version, and what to install.

#include <fmt/format.h>
#include <set>

#include "tools/command/command.hpp"
#include "tools/command/json.hpp"
#include "tools/command/tool.hpp"

namespace command {

namespace {

Outcome<ExitCode> perform(const Project&, const Parsed& parsed) {
    std::vector<std::string> list;
    std::set<std::string> packages;
    bool complete = true;
    for (const Tool& tool : tools()) {
        const ToolState state = state_of(tool);
        complete = complete && (state.good || !tool.needed);
        if (!state.good)
            packages.emplace(tool.package);
        const std::string_view verdict = state.good            ? "ok"
                                         : !tool.needed        ? "optional"
                                         : state.place.empty() ? "missing"
                                                               : "too old";
        if (parsed.has("--json"))
            list.push_back(JsonObject{}
                               .text("tool", tool.program)
                               .text("state", verdict)
                               .text("version", state.version)
                               .text("place", state.place)
                               .text("use", tool.use)
                               .done());
        else
            fmt::print("{:<10}{:<20}{:<10}{}\n", verdict, tool.program, state.version, tool.use);
    }
    for (const Library& library : libraries()) {
        const bool there = library.there();
        complete = complete && (there || !library.needed);
        if (!there)
            packages.emplace(library.package);
        const std::string_view verdict = there ? "ok" : library.needed ? "missing" : "optional";
        if (parsed.has("--json"))
            list.push_back(JsonObject{}
                               .text("tool", library.package)
                               .text("state", verdict)
                               .text("version", "")
                               .text("place", there ? library.file : "")
                               .text("use", library.use)
                               .done());
        else
            fmt::print("{:<10}{:<20}{:<10}{}\n", verdict, library.package, "", library.use);
    }
    const std::string line =
        packages.empty() ? "" : fmt::format("apt-get install {}", fmt::join(packages, " "));
    if (parsed.has("--json"))
        fmt::print("{}\n", JsonObject{}
                               .value("tools", json_list(list))
                               .boolean("complete", complete)
                               .text("install", line)
                               .done());
    else if (!line.empty())
        fmt::print("\nto install what is not there: {}\n", line);
    return complete ? ExitCode::done : ExitCode::tool_missing;
}

} // namespace

Command doctor_command() {
    return {"doctor",
            "",
            "each tool, its version, what is missing",
            {{"--json", "", "as one JSON object"}},
            0,
            0,
            "",
            perform};
}

} // namespace command
