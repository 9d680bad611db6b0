// tools/command/new.cpp - `exo new policy NAME`: a policy to start from, and its test.

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "tools/command/command.hpp"
#include "tools/command/new_policy.hpp"
#include "tools/simulator/simulated_policies.hpp"

namespace command {

namespace {

// Those of the libOS as the tree has them, those of the simulator as they are built in, and the
// word for all of them.
Outcome<void> refuse_known(const Project& project, const std::string& name) {
    const auto known = [&](const std::string& what) {
        return usage_error(fmt::format("exo new policy {}: {}; choose another name", name, what));
    };
    for (const Policy& policy : project.policies()) {
        if (policy.name == name)
            return known("there is a policy of this name (`exo list` shows them)");
        if (std::ranges::find(policy.aliases, name) != policy.aliases.end())
            return known(fmt::format("the policy {} is called that too", policy.name));
    }
    for (const simulator::SimulatedPolicy& policy : simulator::simulated_policies())
        if (policy.name == name || policy.alias == name)
            return known("the simulator has a policy of this name");
    if (name == "all")
        return known("`all` stands for every policy");
    return {};
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    static const std::array<std::string, 1> kinds{"policy"};
    const std::string& name = parsed.positional[1];
    TRY(choice_of("exo new", parsed.positional[0], kinds));
    if (const std::string wrong = wrong_with_policy_name(name); !wrong.empty())
        return usage_error(fmt::format("exo new policy: the name `{}` {}", name, wrong));
    TRY(refuse_known(project, name));
    const NewPolicy policy = TRY(plan_policy(project.source(), name));
    TRY(write_policy(project.source(), policy));
    fmt::print("{:<44}  the policy: FIFO, until you change it\n{:<44}  its test\n\n",
               shown(project.source() / policy.header), shown(project.source() / policy.test));
    fmt::print("Next, as it stands and after each change:\n"
               "  tools/exo sim --policy {0},clock --frames 3,4 \\\n"
               "      --trace tests/golden/traces/belady.txt\n"
               "  tools/exo run scan --policy {0} --frames 64\n"
               "  tools/exo test host\n",
               name);
    return ExitCode::done;
}

} // namespace

Command new_command() {
    return {
        "new", "policy NAME", "writes a replacement policy to start from, and its test", {}, 2, 2,
        "",    perform};
}

} // namespace command
