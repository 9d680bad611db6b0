// tools/command/bench.cpp - `exo bench`: hot paths in instructions, against their budgets.

#include "tools/benchmark/bench.hpp"
#include "tools/command/command.hpp"

namespace command {

namespace {

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    return benchmark::bench(
        project,
        {.name = parsed.positional.empty() ? "" : parsed.positional[0],
         .json = parsed.has("--json"),
         .processors = TRY(number_in("--cpus", parsed.value("--cpus").value_or("1"), 1, 8))});
}

} // namespace

Command bench_command() {
    return {"bench",
            "[NAME]",
            "hot paths in instructions, against their budgets",
            {{"--cpus", "N", "what is dearer on the first of N processors"},
             {"--json", "", "as one JSON object"}},
            0,
            1,
            "",
            perform};
}

} // namespace command
