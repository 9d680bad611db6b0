// tools/command/command.hpp - the subcommands of `exo`, and the entry point that chooses one.
//
// Each subcommand is one file with one function below that describes it: its table of options and
// what it does. stdout is the result; messages and progress go to stderr.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tools/command/exit_code.hpp"
#include "tools/command/options.hpp"
#include "tools/command/project.hpp"

namespace command {

struct Command {
    std::string name;
    std::string arguments; // "APP"
    std::string summary;
    std::vector<Option> options;
    std::size_t fewest = 0;
    std::size_t most = 0;
    std::string passed_on;
    std::function<Outcome<ExitCode>(const Project&, const Parsed&)> perform;
    bool hidden = false;
};

Command demo_command();
Command run_command();
Command list_command();
Command walk_command();
Command verify_command();
Command sim_command();
Command compare_command();
Command sweep_command();
Command new_command();
Command bench_command();
Command gdb_command();
Command doctor_command();
Command test_command();
Command booted_test_command(); // hidden: CTest runs each booted test with it

/// Everything that `exo WORD...` does; the exit status of the program.
int main_program(const Project& project, std::span<const std::string> words);

} // namespace command
