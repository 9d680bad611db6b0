// tools/benchmark/bench.hpp - `exo bench`: boots apps/bench under the profiler and judges the
// figures against their budgets.
//
// Guarantees: figures are counts of executed instructions, equal from run to run; a path that did
// not run, or whose count disagrees with the guest's own clock, is a failure and not a zero.

#pragma once

#include <span>
#include <string>

#include "tools/benchmark/fault_cost.hpp"
#include "tools/benchmark/figures.hpp"
#include "tools/command/exit_code.hpp"
#include "tools/command/project.hpp"

namespace benchmark {

struct Options {
    std::string name;             // only this path, with its instructions one by one; empty: all
    bool json = false;            // one JSON object instead of tables
    std::uint64_t processors = 1; // more than one: what is dearer on the first of them
};

/// done: every budget holds; check_failed: one does not.
command::ExitCode verdict(std::span<const Figure> figures, const FaultCosts& costs = {});

/// Measures, prints, and judges. Failures name what could not be measured.
command::Outcome<command::ExitCode> bench(const command::Project& project, const Options& options);

} // namespace benchmark
