// tools/command/list.cpp - `exo list`: the apps and policies that are there.

#include <fmt/format.h>

#include "tools/command/command.hpp"
#include "tools/command/json.hpp"
#include "tools/command/wrap.hpp"

namespace command {

namespace {

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    std::vector<App> apps;
    for (const std::string& name : project.app_names())
        if (App app = TRY(project.app(name)); app.scenario.kind == "app")
            apps.push_back(std::move(app));
    const std::vector<Policy> policies = project.policies();
    if (parsed.has("--json")) {
        std::vector<std::string> app_list;
        std::vector<std::string> policy_list;
        app_list.reserve(apps.size());
        for (const App& app : apps)
            app_list.push_back(
                JsonObject{}.text("name", app.name).text("summary", app.summary).done());
        for (const Policy& policy : policies) {
            std::vector<std::string> aliases;
            aliases.reserve(policy.aliases.size());
            for (const std::string& alias : policy.aliases)
                aliases.push_back(json_string(alias));
            policy_list.push_back(JsonObject{}
                                      .text("name", policy.name)
                                      .text("summary", policy.summary)
                                      .value("aliases", json_list(aliases))
                                      .done());
        }
        fmt::print("{}\n", JsonObject{}
                               .value("apps", json_list(app_list))
                               .value("policies", json_list(policy_list))
                               .done());
        return ExitCode::done;
    }
    fmt::print("apps (exo run APP)\n");
    for (const App& app : apps)
        fmt::print("  {:<16}{}\n", app.name, wrapped(app.summary, 18));
    fmt::print("\npolicies (--policy P)\n");
    for (const Policy& policy : policies) {
        fmt::print("  {:<16}{}\n", policy.name, wrapped(policy.summary, 18));
        for (const std::string& alias : policy.aliases)
            fmt::print("  {:<16}the same as {}\n", alias, policy.name);
    }
    return ExitCode::done;
}

} // namespace

Command list_command() {
    return {"list",
            "",
            "apps and policies, one line each",
            {{"--json", "", "as one JSON object"}},
            0,
            0,
            "",
            perform};
}

} // namespace command
