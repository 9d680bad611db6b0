// tools/command/experiment.cpp - reading an experiment from options and its app's scenario.

#include "tools/command/experiment.hpp"
#include "tools/command/paging_options.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>
#include <unistd.h>

#include "libos/vm/pager_types.hpp"
#include "tools/command/policy_notes.hpp"
#include "tools/command/trace_file.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mebibyte = 1ull << 20;
constexpr std::uint64_t largest_machine = 16384; // MiB
constexpr std::uint64_t most_processors = 8;     // the exokernel's limit
constexpr std::uint64_t most_slots = 1ull << 20; // of a capability table: the exokernel's limit

// The most MiB a run may ask for: what the host has, less a quarter for everything else.
std::uint64_t host_limit() {
    const auto pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
    const auto bytes = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
    return std::min(largest_machine, pages * bytes / mebibyte / 4 * 3);
}

// Frames beside the managed pool: kernel, page tables and their links, archive, image, stacks.
std::uint64_t memory_beside(const Experiment& experiment) {
    return 64 + experiment.disk.blocks / 256 / 32 + experiment.loaded_blocks / 256 +
           experiment.frames / 256 / 8;
}

// Capability slots beside those of the pool: page tables with their links, stacks, image, heap,
// and a view of each frame of the libOS's part of the recording region (two fifths).
std::uint64_t slots_beside(const Experiment& experiment) {
    return 768 + experiment.disk.blocks / 128 + experiment.loaded_blocks +
           (experiment.record ? experiment.region / 4096 / 5 * 2 : 0);
}

std::uint64_t most_frames(const Experiment& experiment) {
    const std::uint64_t limit = host_limit();
    const std::uint64_t beside =
        64 + experiment.disk.blocks / 256 / 32 + experiment.loaded_blocks / 256;
    const std::uint64_t in_memory = limit <= beside ? 1 : (limit - beside) * 256 / 9 * 8;
    return std::min(in_memory, most_slots - slots_beside(experiment));
}

Outcome<std::uint64_t> number_or(const Parsed& parsed, std::string_view option,
                                 std::uint64_t otherwise, std::uint64_t least, std::uint64_t most) {
    const auto text = parsed.value(option);
    return text ? number_in(option, *text, least, most) : Outcome<std::uint64_t>{otherwise};
}

Outcome<std::uint64_t> frames_of(const Experiment& experiment, const Parsed& parsed) {
    const auto text = parsed.value("--frames");
    if (!text)
        return experiment.app.scenario.frames;
    const std::uint64_t frames = TRY(number_in("--frames", *text, 0, ~0ull));
    constexpr std::uint64_t least = libos::minimum_frames(1);
    if (frames < least)
        return usage_error(
            fmt::format("--frames {}: the pager of an app needs at least {}: two for "
                        "each thread, and one; say --frames {} or more",
                        *text, least, least));
    if (const std::uint64_t most = most_frames(experiment); frames > most)
        return usage_error(fmt::format("--frames {}: the memory of this host allows {} at most "
                                       "(three quarters of it go to a run); say --frames {} or "
                                       "fewer",
                                       *text, most, most));
    return frames;
}

Outcome<std::optional<std::uint64_t>> until_of(const Parsed& parsed) {
    const auto text = parsed.value("--until");
    if (!text)
        return std::optional<std::uint64_t>{};
    if (!text->starts_with("fault:"))
        return usage_error(fmt::format("--until {}: has the form fault:N", *text));
    return TRY(number_in("--until fault:", text->substr(6), 1, ~0ull));
}

// As a scenario names it.
fs::path file_of_project(const Project& project, const std::string& file) {
    return (fs::exists(project.source() / file) ? project.source() : project.build()) / file;
}

Outcome<std::vector<fs::path>> files_of(const Project& project, const Experiment& experiment,
                                        const Parsed& parsed) {
    std::vector<fs::path> files;
    for (const std::string& file : parsed.all("--file"))
        files.emplace_back(file);
    if (files.empty())
        for (const std::string& file : experiment.app.scenario.files)
            files.push_back(file_of_project(project, file));
    if (files.empty() && experiment.app.scenario.needs_file)
        return usage_error(
            fmt::format("{0} needs a file: exo run {0} --file FILE", experiment.app.name));
    return files;
}

// The string, and as many pages as it needs: what an app that takes a trace finds on its disk.
Outcome<void> add_trace(const Project& project, Experiment& experiment, const Parsed& parsed) {
    const std::string& otherwise = experiment.app.scenario.trace;
    const auto asked = parsed.value("--trace");
    if (otherwise.empty() && asked)
        return usage_error(fmt::format("--trace {}: {} takes no reference string; trace does",
                                       *asked, experiment.app.name));
    if (otherwise.empty())
        return {};
    const fs::path file = asked ? fs::path(*asked) : file_of_project(project, otherwise);
    GuestTrace trace = TRY(read_guest_trace(file));
    const std::uint64_t before = experiment.disk.blocks;
    TRY(add_file(experiment.disk, file, "trace", std::move(trace.words)));
    experiment.loaded_blocks = experiment.disk.blocks - before;
    add_zeros(experiment.disk, "pages", trace.pages);
    return {};
}

// A run is not to be made in vain: where its recording goes must be there before it is booted.
Outcome<void> check_recording_place(const fs::path& file) {
    std::error_code ignored;
    const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
    if (!fs::is_directory(folder, ignored))
        return host_error(fmt::format("--record {}: there is no directory {}; make it first",
                                      file.string(), folder.string()));
    if (fs::is_directory(file, ignored) || access(folder.c_str(), W_OK) != 0 ||
        (fs::exists(file, ignored) && access(file.c_str(), W_OK) != 0))
        return host_error(
            fmt::format("--record {}: cannot be written; name another file", file.string()));
    return {};
}

} // namespace

std::vector<Option> experiment_options() {
    std::vector<Option> options{
        {"--file", "FILE", "puts FILE on the run's disk (its own copy); repeatable"},
        {"--trace", "FILE",
         "the reference string of an app that takes one: .u32, .u64, .pg32, each also .zst; .txt"},
        {"--policy", "P", "replacement policy (`exo list` shows them)"},
        {"--frames", "N", "frames of the managed pool"},
        {"--seed", "N", "decides every pseudo-random choice"},
        {"--cpus", "N", "processors, 1 to 8"},
        {"--profile", "NAME",
         "deterministic (default); replay: for `exo gdb --replay`; fast: not repeatable"},
        {"--accel", "tcg|kvm", "kvm goes with --profile fast only"},
        {"--record", "FILE", "writes the recording there instead of into the run directory"},
        {"--no-record", "", "runs without recording"},
        {"--region", "BYTES", "size of the recording region, a power of two (64M)"},
        {"--count-lines", "",
         "counts lines that pass between processors, where the app has labels for it"},
        {"--until", "fault:N", "ends the run after the Nth fault"},
        {"--timeout", "S", "seconds before the guest is stopped"},
        {"-o", "DIR", "run directory (default build/runs/APP-N)"},
        {"--dry-run", "", "prints QEMU's command line and stops"},
        {"--archive", "FILE", "for tests: boots this archive", OptionKind::hidden},
        {"--program", "FILE", "for tests: boots this program; further ones are in the archive too",
         OptionKind::hidden},
        {"--kernel", "FILE", "for tests: boots this kernel", OptionKind::hidden},
        {"--blkdebug", "FILE", "for tests: runs the disk over QEMU's blkdebug", OptionKind::hidden},
        {"--throttle", "N", "for tests: at most N disk requests a second", OptionKind::hidden},
        {"--qemu-option", "WORD", "for tests: one more word for QEMU", OptionKind::hidden},
    };
    const std::vector<Option> rules = paging_options();
    options.insert(options.begin() + 6, rules.begin(), rules.end()); // behind --cpus
    return options;
}

Outcome<Experiment> experiment_from(const Project& project, App app, const Parsed& parsed) {
    static const std::array<std::string, 3> profiles{"deterministic", "replay", "fast"};
    static const std::array<std::string, 2> accelerators{"tcg", "kvm"};
    Experiment experiment;
    experiment.app = std::move(app);
    const Scenario& scenario = experiment.app.scenario;
    const std::vector<fs::path> files = TRY(files_of(project, experiment, parsed));
    experiment.disk = TRY(plan_disk(files, scenario.disk_blocks, scenario.scratch_blocks));
    TRY(add_trace(project, experiment, parsed));
    if (parsed.has("--record") && parsed.has("--no-record"))
        return usage_error("--record and --no-record: choose one");
    experiment.record = (scenario.record || parsed.has("--record")) && !parsed.has("--no-record");
    experiment.region =
        TRY(number_or(parsed, "--region", scenario.region, mebibyte, largest_region));
    if (!std::has_single_bit(experiment.region))
        return usage_error(fmt::format("--region {}: must be a power of two; the next is {}",
                                       experiment.region, std::bit_ceil(experiment.region)));
    experiment.frames = TRY(frames_of(experiment, parsed));
    experiment.policy = TRY(project.policy(parsed.value("--policy").value_or(scenario.policy)));
    if (const auto* const policy = simulator::find_policy(experiment.policy))
        TRY(enough_frames(*policy, experiment.frames));
    experiment.paging = TRY(paging_rules_from(parsed));
    if (experiment.paging.early > experiment.frames)
        return usage_error(
            fmt::format("--early {}: the pool has {} frames, so no more can be clean",
                        experiment.paging.early, experiment.frames));
    experiment.seed = TRY(number_or(parsed, "--seed", scenario.seed, 0, ~0ull));
    experiment.processors =
        TRY(number_or(parsed, "--cpus", scenario.processors, 1, most_processors));
    experiment.timeout = TRY(number_or(parsed, "--timeout", scenario.timeout, 1, 86400));
    experiment.until_fault = TRY(until_of(parsed));
    if (parsed.value("--profile") == "smp")
        return usage_error("--profile smp: is not there yet");
    experiment.profile =
        TRY(choice_of("--profile", parsed.value("--profile").value_or("deterministic"), profiles));
    experiment.accelerator =
        TRY(choice_of("--accel", parsed.value("--accel").value_or("tcg"), accelerators));
    if (experiment.accelerator == "kvm" && experiment.counted())
        return usage_error("--accel kvm: counts no instructions; add --profile fast");
    if (parsed.has("--count-lines") && !experiment.deterministic())
        return usage_error(fmt::format("--count-lines: counts in the deterministic profile only; "
                                       "leave out --profile {}",
                                       experiment.profile));
    if (experiment.deterministic() && (scenario.count_lines || parsed.has("--count-lines")))
        experiment.line_counter = project.build() / "shared_lines.so";
    if (experiment.for_replay() && (!experiment.record || parsed.has("--record")))
        return usage_error("--profile replay: a replay finds its places in the recording of the "
                           "run directory; leave out --record and --no-record");
    if (experiment.for_replay() && experiment.processors != 1)
        return usage_error("--profile replay: QEMU replays one processor; leave out --cpus");
    experiment.recording = parsed.value("--record").value_or("");
    if (!experiment.recording.empty())
        TRY(check_recording_place(experiment.recording));
    experiment.arguments = parsed.rest.empty() ? scenario.arguments : parsed.rest;
    experiment.kernel =
        parsed.value("--kernel").value_or(project.kernel(experiment.record).string());
    for (const std::string& other : scenario.programs)
        experiment.programs.push_back(project.build() / "apps" / other);
    if (const auto programs = parsed.all("--program"); !programs.empty()) {
        experiment.app.program = programs.front();
        experiment.programs.insert(experiment.programs.end(), programs.begin() + 1, programs.end());
    }
    experiment.archive = parsed.value("--archive");
    experiment.blkdebug = parsed.value("--blkdebug");
    experiment.throttle = TRY(number_or(parsed, "--throttle", 0, 1, 1ull << 32));
    experiment.machine = parsed.all("--qemu-option");
    TRY(manifest_of(experiment)); // refuses what does not fit before anything is made
    return experiment;
}

std::uint64_t slots_of(const Experiment& experiment) {
    return std::bit_ceil(experiment.frames + slots_beside(experiment));
}

std::vector<fs::path> programs_of(const Experiment& experiment) {
    std::vector<fs::path> programs{experiment.app.program};
    programs.insert(programs.end(), experiment.programs.begin(), experiment.programs.end());
    return programs;
}

std::uint64_t memory_of(const Experiment& experiment) {
    const std::uint64_t wanted = experiment.frames / 256 + memory_beside(experiment);
    const std::uint64_t rounded = (wanted + 63) / 64 * 64;
    return std::max({std::uint64_t{256}, experiment.app.scenario.memory, rounded});
}

} // namespace command
