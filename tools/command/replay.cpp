// tools/command/replay.cpp - keeping a run for replay, and refusing what cannot be replayed.

#include "tools/command/replay.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <system_error>

#include "tools/command/json.hpp"
#include "tools/command/tool.hpp"
#include "tools/recording_file/checksum.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

constexpr const char* log_name = "replay.log";
constexpr const char* machine_name = "replay.machine";
constexpr const char* programs_name = "programs";
constexpr std::array<const char*, 5> needed{log_name, "kernel.elf", programs_name, "archive.tar",
                                            "disk.img"};

Outcome<void> keep(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
    if (error)
        return host_error(
            fmt::format("{}: cannot be copied to {}: {}", shown(from), shown(to), error.message()));
    return {};
}

std::string how_to_record(const recording::Recording& recording) {
    return fmt::format("make a run that can be replayed: exo run {} --profile replay",
                       recording::fact(recording, "app", "APP"));
}

// QEMU writes the version of the log, its first four bytes, when it ends in good order.
bool finished(const std::string& log) {
    return log.size() > 12 && log.compare(0, 4, std::string(4, '\0')) != 0;
}

Outcome<void> check_log(const ReplayedRun& run) {
    const std::string name = shown(run.directory);
    if (const std::string profile = recording::fact(run.recording, "profile", "another profile");
        profile != "replay")
        return usage_error(fmt::format("{} was made with --profile {}, which keeps no replay log; "
                                       "{}",
                                       name, profile, how_to_record(run.recording)));
    std::error_code none;
    for (const char* const file : needed)
        if (!fs::exists(run.directory / file, none))
            return usage_error(fmt::format("{} has no {} any more, and cannot be replayed without "
                                           "it; {}",
                                           name, file, how_to_record(run.recording)));
    const std::string now = TRY(replay_log_of(run.directory));
    const std::string log = TRY(read_whole(run.directory / log_name));
    const std::string result = read_whole(run.directory / "result.json").value_or("");
    if (result.find("\"replay_log\":" + now) == std::string::npos)
        return usage_error(fmt::format("{}/{} is damaged: it has {} bytes, and is not the log "
                                       "whose size and checksum the run noted in result.json; {}",
                                       name, log_name, log.size(), how_to_record(run.recording)));
    if (!finished(log))
        return usage_error(fmt::format("{}/{} was never finished: QEMU was killed in the run; {}",
                                       name, log_name, how_to_record(run.recording)));
    return {};
}

Outcome<void> check_version(const ReplayedRun& run, const std::string& place,
                            const std::string& says) {
    const std::string then =
        version_in(read_whole(run.directory / "versions").value_or(std::string{}));
    const std::string now = version_in(says);
    if (then != now)
        return std::unexpected(Failure{
            ExitCode::tool_missing,
            fmt::format("{} was made with QEMU {}, and {} is QEMU {}: a replay log holds for the "
                        "version that wrote it. Name the other one with FAULTLINE_QEMU, or {}",
                        shown(run.directory), then.empty() ? "of an unknown version" : then, place,
                        now, how_to_record(run.recording))});
    return {};
}

} // namespace

Outcome<ScratchDirectory> ScratchDirectory::make(const std::string& name) {
    std::string path = "/tmp/" + name + "-XXXXXX";
    if (mkdtemp(path.data()) == nullptr)
        return host_error("cannot make a directory in /tmp");
    return ScratchDirectory(path);
}

ScratchDirectory::~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty())
        fs::remove_all(path_, ignored);
}

Outcome<void> keep_for_replay(const Experiment& experiment, const fs::path& run) {
    TRY(keep(experiment.kernel, run / "kernel.elf"));
    std::error_code error;
    if (!fs::create_directory(run / programs_name, error))
        return host_error(
            fmt::format("{}: cannot be made: {}", shown(run / programs_name), error.message()));
    TRY(keep(experiment.app.program, run / programs_name / experiment.app.name));
    for (const fs::path& other : experiment.programs)
        TRY(keep(other, run / programs_name / other.filename()));
    Experiment replayed = experiment;
    replayed.kernel = "kernel.elf";
    replayed.replaying = true;
    std::string lines;
    for (const std::string& word : machine_of(replayed, "qemu", ""))
        lines += word + "\n";
    return write_whole(run / machine_name, lines);
}

Outcome<std::string> replay_log_of(const fs::path& run) {
    const std::string log = TRY(read_whole(run / log_name));
    return JsonObject{}
        .number("bytes", log.size())
        .text("checksum", fmt::format("{:016x}", recording::Checksum{}.add(log).value()))
        .done();
}

Outcome<ReplayedRun> replayed_run(const Project& project, const std::string& name,
                                  const std::string& qemu_place, const std::string& qemu_says) {
    const fs::path file = TRY(project.recording_of(name));
    std::string error;
    auto recording = recording::load(file.string(), error);
    if (!recording)
        return usage_error(error);
    ReplayedRun run{
        .directory = fs::absolute(file).parent_path(), .recording = *recording, .machine = {}};
    TRY(check_log(run));
    TRY(check_version(run, qemu_place, qemu_says));
    std::istringstream lines(TRY(read_whole(run.directory / machine_name)));
    for (std::string word; std::getline(lines, word);)
        run.machine.push_back(word);
    if (run.machine.empty())
        return usage_error(fmt::format("{}/{} is empty; {}", shown(run.directory), machine_name,
                                       how_to_record(run.recording)));
    run.machine[0] = qemu_place;
    return run;
}

Outcome<void> lay_out(const ReplayedRun& run, const fs::path& place) {
    std::error_code error;
    for (const char* const file : needed)
        if (!error)
            fs::create_symlink(run.directory / file, place / file, error);
    if (error)
        return host_error(fmt::format("{}: cannot be filled: {}", place.string(), error.message()));
    return {};
}

Outcome<std::vector<fs::path>> kept_programs(const ReplayedRun& run, const fs::path& place) {
    const fs::path first = place / programs_name / recording::fact(run.recording, "app");
    std::vector<fs::path> programs{first};
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(place / programs_name, error))
        if (entry.path() != first)
            programs.push_back(entry.path());
    if (error || !fs::is_regular_file(first, error))
        return usage_error(fmt::format("{} has no {}/{} any more; {}", shown(run.directory),
                                       programs_name, first.filename().string(),
                                       how_to_record(run.recording)));
    std::ranges::sort(programs.begin() + 1, programs.end());
    return programs;
}

} // namespace command
