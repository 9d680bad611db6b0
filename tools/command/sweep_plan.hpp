// tools/command/sweep_plan.hpp - the jobs of a sweep: each policy with each number of frames,
// booted or simulated.
//
// Guarantees: a job is one command that works by itself, from any directory. It is done when its
// result is there, ended well, and is of the same experiment: of these contents of files, programs
// and kernel (identity.hpp), wherever they lie.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/command/options.hpp"
#include "tools/command/project.hpp"
#include "tools/comparison/row.hpp"

namespace command {

struct Job {
    std::string name; // clock-64
    std::vector<std::string> words;
    std::filesystem::path result; // the file that it leaves behind
    std::string experiment;       // as its result must have it
};

struct SweepPlan {
    std::string title; // "scan", "belady.txt, simulated"
    std::string about; // what all jobs have in common
    std::filesystem::path directory;
    bool simulated = false;
    std::vector<Job> jobs; // by policy, then by frames, in the order given
};

/// The options that a sweep has besides its own: those that describe the experiment.
std::vector<Option> sweep_options();

/// Refuses what can be known to be wrong without running anything.
Outcome<SweepPlan> plan_sweep(const Project& project, const Parsed& parsed);

/// The row of a job that is done; nothing if it is yet to be run.
std::optional<comparison::Row> done(const Job& job);

} // namespace command
