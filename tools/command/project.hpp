// tools/command/project.hpp - where things lie: sources, build output, apps, policies, runs.
//
// Guarantees: names that users give are checked here, with a suggestion for a mistyped one. An
// app is a file in build/apps with a folder of that name in apps/; a policy is a
// header in libos/vm/policies, whose first lines say what it does and how it is called too.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/command/exit_code.hpp"
#include "tools/command/scenario.hpp"

namespace command {

struct App {
    std::string name;
    std::string summary; // first line of its README
    Scenario scenario;
    std::filesystem::path program;
};

struct Policy {
    std::string name;
    std::string summary;
    std::vector<std::string> aliases;
};

class Project {
public:
    Project(std::filesystem::path source, std::filesystem::path build);

    const std::filesystem::path& source() const { return source_; }
    const std::filesystem::path& build() const { return build_; }
    std::filesystem::path kernel(bool recording) const {
        return build_ / (recording ? "exokernel-recording.elf" : "exokernel.elf");
    }
    /// Where runs are kept: build/runs, or the directory that FAULTLINE_RUNS names.
    const std::filesystem::path& runs() const { return runs_; }
    /// The same project with its runs in build/test-runs: what tests and benchmarks boot is not
    /// what a user calls the last run.
    Project for_tests() const;

    std::vector<std::string> app_names() const;
    Outcome<App> app(const std::string& name) const;
    /// The booted test NAME (tests/qemu/NAME), as an app.
    Outcome<App> booted_test(const std::string& name) const;
    std::vector<Policy> policies() const;
    /// The name under which the libOS knows `name` (aliases resolved).
    Outcome<std::string> policy(const std::string& name) const;

    /// A new directory build/runs/NAME-N.
    Outcome<std::filesystem::path> new_run(const std::string& name) const;
    void remember_last(const std::filesystem::path& run) const;
    /// What a user calls a run: a directory, a recording file, the name of a run, or nothing (the
    /// last one).
    Outcome<std::filesystem::path> recording_of(const std::string& run) const;

private:
    std::filesystem::path source_;
    std::filesystem::path build_;
    std::filesystem::path runs_;
};

inline constexpr const char* recording_name = "run.faultline";

/// `file` as a user in the current directory would type it.
std::string shown(const std::filesystem::path& file);

} // namespace command
