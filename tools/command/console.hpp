// tools/command/console.hpp - reading a run's console: the app's own lines, and its results.
//
// A line that the exokernel begins ends with a carriage return, which no libOS can write: with
// `exokernel: ` in front it is the kernel's own, with `[N] ` environment N's, one of several alive.
// Any other line is that of the first environment, the only one then, whatever it begins with. A
// line `@key=value` is a result for the host and not shown; `[N] ` stays on shown lines and is not
// part of a result's key.
// If several libOSes print the same figure, that of the one created first is the run's;
// environment N's is `N.key` then.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace command {

inline constexpr std::uint32_t first_environment = 1; // the run ends with it

// What a libOS said of its crash: `crash`, `crash_rip` ...
struct Crash {
    std::uint32_t environment = first_environment;
    std::map<std::string, std::string> said;
};

struct Console {
    std::vector<std::string> lines;             // the app's own
    std::vector<std::string> kernel_lines;      // without the prefix
    std::map<std::string, std::string> figures; // faults, evictions ... as the libOS printed them
    std::map<std::string, std::string> output;  // the app's results (keys after `output.`)
    std::vector<Crash> crashes;                 // one an environment, the first to crash first

    void add(std::string_view line);

private:
    Crash& crash_of(std::uint32_t environment);
    void add_figure(const std::string& key, const std::string& value, std::uint32_t environment);

    std::map<std::string, std::uint32_t> owners_; // of figures
};

/// Follows a console file while it is written; a line counts once its end is there.
class ConsoleFollower {
public:
    ConsoleFollower(std::filesystem::path file, bool show) : file_{std::move(file)}, show_{show} {}
    /// Takes what has been written since; with `show` the app's lines go to stdout.
    void take();
    /// The same, and a last line without an end counts too.
    void finish();
    const Console& console() const { return console_; }

private:
    void add(std::string_view line);

    std::filesystem::path file_;
    bool show_;
    std::size_t taken_ = 0;
    std::string part_;
    Console console_;
};

} // namespace command
