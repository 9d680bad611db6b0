// tools/command/console.hpp - reading a run's console: the app's own lines, and its results.
//
// A line `@key=value` is a result for the host and not shown; a line that begins with `exokernel: `
// is the kernel's. With several environments alive a line begins with `[N] `, N their identity;
// the prefix stays on shown lines and is not part of a result's key. If several libOSes print the
// same figure, that of the one created first is the run's; environment N's is `N.key` then.

#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace command {

struct Console {
    std::vector<std::string> lines;             // the app's own
    std::vector<std::string> kernel_lines;      // without the prefix
    std::map<std::string, std::string> figures; // faults, evictions ... as the libOS printed them
    std::map<std::string, std::string> output;  // the app's results (keys after `output.`)

    void add(std::string_view line);

private:
    void add_figure(const std::string& key, const std::string& value, unsigned environment);

    std::map<std::string, unsigned> owners_; // of figures; 0: the only one that was left
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
