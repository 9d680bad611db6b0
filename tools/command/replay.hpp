// tools/command/replay.hpp - what a run keeps so that it can be replayed, and getting it back.
//
// A run under `--profile replay` leaves in its directory, besides what every run leaves,
//
//   replay.log      QEMU's replay log: every input from outside, by instruction count
//   replay.machine  QEMU's command line, one word a line, files relative to the directory
//   kernel.elf, programs/NAME   what was booted: symbols must be those of the run
//
// Guarantees: a replay changes nothing in the run's directory, so several may stand at different
// places; it is refused, with the reason, where it could not be the same execution.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/command/experiment.hpp"
#include "tools/recording_file/recording.hpp"

namespace command {

/// A directory in /tmp that is removed with everything in it when this goes out of scope.
class ScratchDirectory {
public:
    static Outcome<ScratchDirectory> make(const std::string& name);
    ScratchDirectory(ScratchDirectory&& other) noexcept
        : path_{std::exchange(other.path_, std::filesystem::path{})} {}
    ScratchDirectory& operator=(ScratchDirectory&&) = delete;
    ~ScratchDirectory();
    const std::filesystem::path& path() const { return path_; }

private:
    explicit ScratchDirectory(std::filesystem::path path) : path_{std::move(path)} {}
    std::filesystem::path path_;
};

/// Makes `run` hold what a replay of `experiment` needs. Before the run.
Outcome<void> keep_for_replay(const Experiment& experiment, const std::filesystem::path& run);

/// Size and checksum of the replay log in `run`, as the value of `replay_log` in its result.json.
Outcome<std::string> replay_log_of(const std::filesystem::path& run);

struct ReplayedRun {
    std::filesystem::path directory;
    recording::Recording recording;
    std::vector<std::string> machine; // for QEMU started in a directory made by `lay_out`
};

/// The run that `name` names (as Project::recording_of), if it can be replayed with this QEMU.
/// Refused: another profile, no replay log or one that is not as the run left it, another version
/// of QEMU.
Outcome<ReplayedRun> replayed_run(const Project& project, const std::string& name,
                                  const std::string& qemu_place, const std::string& qemu_says);

/// Makes `place` hold what `machine` reads, without copying it.
Outcome<void> lay_out(const ReplayedRun& run, const std::filesystem::path& place);

/// The programs of the run in `place`, which `lay_out` filled; the first environment's first.
Outcome<std::vector<std::filesystem::path>> kept_programs(const ReplayedRun& run,
                                                          const std::filesystem::path& place);

/// Refuses a place of the form fault:N, revocation:N or event:SEQ that the recording does not have.
Outcome<void> check_place(const recording::Recording& recording, const std::string& place);

/// The events of `recording` as tools/gdb/events.py reads them, one a line.
std::string replay_events(const recording::Recording& recording);

} // namespace command
