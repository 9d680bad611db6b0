// tools/command/run.cpp - booting: the machine, its deadline, its result, its recording.

#include "tools/command/run.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <system_error>

#include "tools/benchmark/shared_lines.hpp"
#include "tools/command/child.hpp"
#include "tools/command/policy_notes.hpp"
#include "tools/command/progress.hpp"
#include "tools/command/replay.hpp"
#include "tools/command/tool.hpp"
#include "tools/command/wrap.hpp"
#include "tools/recorder/recorder.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

constexpr int guest_ended = 1; // QEMU's exit status bit that tells isa-debug-exit from its own

ExitCode code_of(const abi::RunResult& result) {
    if (result.outcome != abi::Outcome::ended)
        return ExitCode::guest_failed;
    return result.status == 0 ? ExitCode::done : ExitCode::application_error;
}

recording::Facts facts_of(const Experiment& experiment) {
    recording::Facts facts{{"app", experiment.app.name},
                           {"policy", experiment.policy},
                           {"frames", std::to_string(experiment.frames)},
                           {"seed", std::to_string(experiment.seed)},
                           {"profile", experiment.profile}};
    if (!experiment.arguments.empty())
        facts.emplace_back("arguments", fmt::format("{}", fmt::join(experiment.arguments, " ")));
    for (const DiskFile& file : experiment.disk.files)
        facts.emplace_back("file",
                           fmt::format("{} {} {}", file.name, file.first_block, file.bytes));
    return facts;
}

// Saves what the region holds; afterwards the region keeps only its first page, with the result.
void save_recording(const Experiment& experiment, RunEnd& end) {
    const fs::path region = end.directory / "region.bin";
    const fs::path file =
        experiment.recording.empty() ? end.directory / recording_name : experiment.recording;
    std::string error;
    recorder::Summary summary;
    if (!recorder::drain(region.string(), facts_of(experiment), file.string(), summary, error)) {
        end.notes.push_back("no recording: " + error);
        if (end.code == ExitCode::done)
            end.code = ExitCode::internal_fault;
        return;
    }
    end.recording = file;
    if (!summary.flags.empty())
        end.notes.push_back(fmt::format("the recorder flagged {} records; `exo verify` names them",
                                        summary.flags.size()));
    std::error_code ignored;
    fs::resize_file(region, 4096, ignored);
}

void judge(const ChildEnd& child, RunEnd& end) {
    const std::string region = (end.directory / "region.bin").string();
    end.result = recorder::read_result(region);
    end.has_result = end.result.outcome != abi::Outcome::none;
    if (child.how == Ended::timed_out || child.how == Ended::interrupted) {
        const bool late = child.how == Ended::timed_out;
        end.code = late ? ExitCode::timeout : ExitCode::interrupted;
        end.outcome = late ? "timeout" : "interrupted";
        return;
    }
    // A failure before the region is set up is known from QEMU's exit status only: 2 x outcome + 1.
    const auto told = static_cast<abi::Outcome>(child.status / 2);
    if (!end.has_result && child.how == Ended::exited && child.status % 2 == 1 &&
        (told == abi::Outcome::panic || told == abi::Outcome::boot_error))
        end.result.outcome = told;
    // A libOS whose own ring is full counts what did not fit, and ends itself.
    if (end.result.outcome == abi::Outcome::ended && recorder::lost_records(region) != 0)
        end.result.outcome = abi::Outcome::recording_full;
    // A libOS that has crashed ends itself in good order and leaves these figures.
    if (end.result.outcome == abi::Outcome::ended && end.crash() != nullptr) {
        end.outcome = "crashed";
        end.code = ExitCode::guest_failed;
        return;
    }
    const bool none = end.result.outcome == abi::Outcome::none;
    end.outcome = none ? "no_result" : name_of(end.result.outcome);
    end.code = none ? ExitCode::guest_failed : code_of(end.result);
}

// A run that was to end at a fault may have fewer.
void note_if_not_reached(const Experiment& experiment, RunEnd& end) {
    const auto faults = end.console.figures.find("faults");
    const std::string had = faults == end.console.figures.end() ? "0" : faults->second;
    if (experiment.until_fault && end.outcome == "ended" &&
        std::strtoull(had.c_str(), nullptr, 10) < *experiment.until_fault)
        end.notes.push_back(fmt::format("--until fault:{} was not reached: the run ended after {} "
                                        "faults",
                                        *experiment.until_fault, had));
}

// A policy that answers badly harms nobody, but whoever wrote it wants to know.
void note_answers(const Experiment& experiment, RunEnd& end) {
    const auto number = [&](const char* name) {
        const auto found = end.console.figures.find(name);
        return found == end.console.figures.end()
                   ? 0
                   : std::strtoull(found->second.c_str(), nullptr, 10);
    };
    const std::uint64_t fallbacks = number("policy_fallbacks");
    std::string note = note_on_answers(end.policy_of(experiment), number("policy_refused"),
                                       fallbacks, number("evictions"));
    if (fallbacks != 0 && experiment.record)
        note += " (`exo walk` tells of each, in the events policy_fallback)";
    if (!note.empty())
        end.notes.push_back(std::move(note));
}

// The counts become results of the app, beside those that it printed.
Outcome<void> add_shared_lines(const Experiment& experiment, RunEnd& end) {
    const auto regions =
        TRY(benchmark::read_shared_lines(end.directory / benchmark::line_counts_name));
    end.console.output.merge(benchmark::figures_of(regions));
    end.shared_lines = benchmark::table_of(regions);
    const std::string named =
        TRY(benchmark::named_lines(regions, experiment.app.program, experiment.kernel));
    return write_whole(end.directory / benchmark::lines_named_name, named);
}

} // namespace

const char* name_of(abi::Outcome outcome) {
    constexpr const char* names[] = {"none",  "ended",      "environment_killed", "panic",
                                     "stuck", "boot_error", "recording_full"};
    const auto index = static_cast<std::uint32_t>(outcome);
    return index < std::size(names) ? names[index] : "unknown";
}

const Crash* RunEnd::crash() const {
    const Crash* first = nullptr;
    for (const Crash& crash : console.crashes) {
        if (!crash.said.contains("crash"))
            continue;
        if (crash.environment == first_environment)
            return &crash;
        first = first != nullptr ? first : &crash;
    }
    return first;
}

Outcome<fs::path> run_directory(const Project& project, const std::string& name,
                                const Parsed& parsed) {
    TRY(find_qemu()); // before anything is made
    const auto asked = parsed.value("-o");
    if (!asked)
        return project.new_run(name);
    std::error_code error;
    fs::create_directories(*asked, error);
    if (error || !fs::is_directory(*asked))
        return usage_error(fmt::format("-o {}: is no directory and cannot be made one", *asked));
    if (!fs::is_empty(*asked) && !fs::exists(fs::path(*asked) / "config"))
        return usage_error(fmt::format("-o {}: holds other files; name an empty directory or that "
                                       "of an earlier run",
                                       *asked));
    return fs::canonical(*asked);
}

Outcome<RunEnd> boot(const Project& project, const Experiment& experiment, const fs::path& run,
                     bool show) {
    const Qemu qemu = TRY(find_qemu());
    const std::vector<std::string> machine = machine_of(experiment, qemu.place, run);
    RunEnd end;
    end.directory = run;
    end.identity = TRY(identity_of(experiment, qemu.says));
    TRY(make_ready(experiment, machine, qemu.says, run));

    ConsoleFollower console(run / "console.log", show);
    Progress progress;
    ChildPlan plan{machine, run / "qemu.log"};
    plan.gently = experiment.for_replay(); // QEMU finishes the replay log
    const ChildEnd child = TRY(run_child(plan, std::chrono::seconds(experiment.timeout), [&] {
        console.take();
        progress.moment(fmt::format("{} runs for {} s", experiment.app.name, progress.seconds()));
    }));
    progress.clear();
    console.finish();
    end.console = console.console();
    end.qemu_output = TRY(read_whole(run / "qemu.log"));
    judge(child, end);
    const std::string complaint = complaint_of(end.qemu_output);
    if (experiment.accelerator == "kvm" && end.outcome == "no_result" && !complaint.empty())
        return host_error(fmt::format("this host's KVM cannot run the machine; leave out --accel "
                                      "kvm. QEMU said: {} (all of it is in {})",
                                      complaint, shown(run / "qemu.log")));
    const bool refused = child.how == Ended::exited && child.status == guest_ended &&
                         end.outcome == "no_result" && !end.qemu_output.empty();
    if (refused)
        return host_error(fmt::format("QEMU did not start the machine: {}(the command is in {})",
                                      end.qemu_output, shown(run / "command")));
    // A kernel that refuses its processor has not looked for the region.
    if (experiment.record && (end.has_result || end.outcome != name_of(abi::Outcome::boot_error)))
        save_recording(experiment, end);
    if (experiment.line_counter && end.code == ExitCode::done)
        TRY(add_shared_lines(experiment, end));
    note_if_not_reached(experiment, end);
    note_answers(experiment, end);
    if (experiment.for_replay())
        end.replay_log = TRY(replay_log_of(run));
    TRY(write_whole(run / "result.json", run_json(experiment, end) + "\n"));
    if (!end.recording.empty())
        project.remember_last(run);
    return end;
}

} // namespace command
