// tools/command/tool.hpp - the programs that Faultline uses, and whether they are new enough.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/command/exit_code.hpp"

namespace command {

struct Tool {
    std::string_view program;
    std::string_view package; // that installs it on Debian and Ubuntu
    std::string_view use;
    int least = 0;      // major version; 0: any
    bool needed = true; // false: without it only `use` is missing
};

struct ToolState {
    const Tool* tool = nullptr;
    std::string place;   // empty: not found
    std::string says;    // all that it says of its version
    std::string version; // the number in it
    bool good = false;
    std::string problem; // one line: what, why; empty if good
};

std::span<const Tool> tools();

// What the build needs besides programs: it is there, or it is not.
struct Library {
    std::string_view package;
    std::string_view file;
    std::string_view use;
    bool needed = true;

    bool there() const;
};

std::span<const Library> libraries();
ToolState state_of(const Tool& tool);

struct Qemu {
    std::string place;
    std::string says; // of its version
};

/// QEMU if it is there and new enough, else a Failure with the line that installs it.
/// FAULTLINE_QEMU names another one. Asked once; later calls cost nothing.
Outcome<Qemu> find_qemu();

/// The first run of digits and dots in `text` that begins with a digit and has a dot.
std::string version_in(std::string_view text);

} // namespace command
