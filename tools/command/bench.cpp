// tools/command/bench.cpp - `exo bench`: hot paths in instructions, against their budgets.

#include <fmt/format.h>

#include "tools/command/command.hpp"

namespace command {

namespace {

Outcome<ExitCode> perform(const Project&, const Parsed&) {
    return usage_error("exo bench: is not there yet");
}

} // namespace

Command bench_command() {
    return {"bench",
            "[NAME]",
            "hot paths in instructions, against their budgets",
            {{"--json", "", "as one JSON object"}},
            0,
            1,
            "",
            perform};
}

} // namespace command
