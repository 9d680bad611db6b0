// tools/command/run.hpp - boots one experiment and says how it ended.
//
// Guarantees: QEMU is reaped whatever happens; the run directory holds everything about the run
// (config, command, versions, console.log, qemu.log, result.json, the recording); what has been
// recorded is saved also when the guest crashed or was stopped.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bindings/abi/recording.hpp"
#include "tools/command/console.hpp"
#include "tools/command/experiment.hpp"
#include "tools/command/identity.hpp"

namespace command {

struct RunEnd {
    ExitCode code = ExitCode::guest_failed;
    std::string outcome; // "ended", "panic", "timeout" ...
    bool has_result = false;
    Identity identity;
    abi::RunResult result{}; // times as the guest's counter had them
    Console console;
    std::filesystem::path directory;
    std::filesystem::path recording; // empty: none
    std::string qemu_output;
    std::string shared_lines;       // as a table (tools/benchmark/shared_lines.hpp); empty: none
    std::string replay_log;         // as JSON (replay.hpp); empty: none
    std::vector<std::string> notes; // what the recorder found wrong, for users

    /// The policy that chose the victims: the application may have brought its own.
    std::string policy_of(const Experiment& experiment) const;

    /// What the report is about if a libOS crashed: the run's first one, else whichever was first.
    const Crash* crash() const;

    std::uint64_t instructions() const {
        return result.ticks_at_end - result.ticks_at_start - result.idle_ticks;
    }
};

/// Makes `run` ready and boots. With `show` the app's lines go to stdout as they come.
Outcome<RunEnd> boot(const Project& project, const Experiment& experiment,
                     const std::filesystem::path& run, bool show);

/// The run directory that `parsed` asks for, made if it is not there.
Outcome<std::filesystem::path> run_directory(const Project& project, const std::string& name,
                                             const Parsed& parsed);

/// The figures of a run as JSON, as `exo run --json` gives them.
std::string run_json(const Experiment& experiment, const RunEnd& end);

/// The figures for people.
std::string run_figures(const Experiment& experiment, const RunEnd& end);

/// Why the run failed, on at most one screen; empty if it did not.
std::string failure_report(const Experiment& experiment, const RunEnd& end);

/// The first line of what QEMU said, without the warning that every deterministic run gives.
std::string complaint_of(const std::string& output);

const char* name_of(abi::Outcome outcome);

} // namespace command
