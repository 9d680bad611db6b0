// tools/command/scenario.hpp - an app's defaults: the file apps/NAME/NAME.scenario.
//
// Text lines `key=value`, `#` starts a comment line; tools/README.md lists the keys. An unknown
// key is an error, so that a mistyped one is not silently without effect.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/command/exit_code.hpp"

namespace command {

struct Scenario {
    std::string kind = "app"; // app, bench or test: only apps are listed and suggested
    std::uint64_t frames = 1024;
    std::string policy = "clock";
    std::uint64_t seed = 1;
    std::uint64_t processors = 1;
    std::uint64_t timeout = 120;        // seconds
    std::uint64_t disk_blocks = 256;    // least size of the disk, 4 KiB each
    std::uint64_t scratch_blocks = 0;   // behind the files, however large those are
    std::uint64_t region = 64ull << 20; // bytes of the recording region
    std::uint64_t memory = 0;           // least MiB of the machine; 0: from the frames
    bool record = true;
    bool needs_file = false;            // refuse to run without --file
    bool count_lines = false;           // as --count-lines
    bool verify = false;                // booted tests: the recording keeps all rules
    std::vector<std::string> files;     // relative to the project's root, or the build's
    std::vector<std::string> programs;  // other apps whose programs travel in the archive
    std::vector<std::string> arguments; // for the app, unless `--` gives others
    std::string trace;                  // the reference string unless --trace; none: takes none
    std::vector<std::string> manifest;  // further manifest lines, as they stand
    std::string expect = "ended 0";     // booted tests: how the run ends
};

/// The scenario in `file`; the defaults if there is no such file.
Outcome<Scenario> read_scenario(const std::filesystem::path& file);

/// `text` at blanks.
std::vector<std::string> words_of(const std::string& text);

} // namespace command
