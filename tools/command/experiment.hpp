// tools/command/experiment.hpp - one experiment: what was asked for, made ready to boot.
//
// Guarantees: everything a user can get wrong is refused before the run directory is made. The
// manifest and the machine's command line are functions of the experiment alone, so equal
// experiments boot equal machines.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libos/vm/paging_rules.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/exit_code.hpp"
#include "tools/command/options.hpp"
#include "tools/command/project.hpp"

namespace command {

inline constexpr std::uint64_t largest_region = 2048ull << 20; // bytes

struct Experiment {
    App app;
    std::string policy;
    std::uint64_t frames = 0;
    std::uint64_t seed = 0;
    std::uint64_t processors = 1;
    libos::PagingRules paging;
    std::uint64_t timeout = 0; // seconds
    std::uint64_t region = 0;  // bytes
    std::string profile = "deterministic";
    std::string accelerator = "tcg";
    bool record = true;
    bool replaying = false; // of a run that was made with profile replay
    std::optional<std::uint64_t> until_fault;
    std::vector<std::string> arguments;
    DiskPlan disk;
    std::uint64_t loaded_blocks = 0; // of files that the app keeps whole in its memory

    std::filesystem::path kernel;
    std::vector<std::filesystem::path> programs;   // others that travel in the archive
    std::optional<std::filesystem::path> archive;  // for tests: instead of the one made here
    std::optional<std::filesystem::path> blkdebug; // for tests: faults of the disk
    std::uint64_t throttle = 0;                    // for tests: disk requests a second; 0: no limit
    std::vector<std::string> machine;              // for tests and gdb: further words for QEMU
    std::filesystem::path recording;               // empty: in the run directory
    std::optional<std::filesystem::path> line_counter; // the plugin that counts shared lines

    bool deterministic() const { return profile == "deterministic"; }
    bool for_replay() const { return profile == "replay"; }
    /// The guest's clock counts instructions, and completions follow the modelled service time.
    bool counted() const { return deterministic() || for_replay(); }
};

/// The options that describe an experiment, shared by run, gdb and booted tests.
std::vector<Option> experiment_options();

/// Reads them. `app` brings the defaults.
Outcome<Experiment> experiment_from(const Project& project, App app, const Parsed& parsed);

/// The manifest's text (bindings/abi/archive.hpp names the keys).
Outcome<std::string> manifest_of(const Experiment& experiment);

/// What travels with the kernel: the manifest and the programs, in one archive.
Outcome<std::string> archive_of(const Experiment& experiment);

/// Capability slots of the first environment: one for each frame of the pool, and some.
std::uint64_t slots_of(const Experiment& experiment);

/// Every program in the archive; the first environment's is the first.
std::vector<std::filesystem::path> programs_of(const Experiment& experiment);

/// MiB of memory that the machine of `experiment` gets.
std::uint64_t memory_of(const Experiment& experiment);

/// QEMU's command line, with the files of the run directory `run`.
std::vector<std::string> machine_of(const Experiment& experiment, const std::string& qemu,
                                    const std::filesystem::path& run);

/// `words` as one line that a POSIX shell reads back as the same words.
std::string shell_line(const std::vector<std::string>& words);

/// Makes `run` hold what the machine needs: archive.tar, disk.img, region.bin, config, command,
/// versions.
Outcome<void> make_ready(const Experiment& experiment, const std::vector<std::string>& machine,
                         const std::string& versions, const std::filesystem::path& run);

} // namespace command
