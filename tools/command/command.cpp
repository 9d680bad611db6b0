// tools/command/command.cpp - choosing the subcommand, help, and turning failures into messages.

#include "tools/command/command.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "tools/command/suggest.hpp"
#include "tools/command/wrap.hpp"

namespace command {

namespace {

std::vector<Command> commands() {
    return {demo_command(),   run_command(),        list_command(),    walk_command(),
            verify_command(), sim_command(),        compare_command(), sweep_command(),
            new_command(),    bench_command(),      gdb_command(),     doctor_command(),
            test_command(),   booted_test_command()};
}

std::string overview(const std::vector<Command>& all) {
    std::string text = "exo - boots experiments on the Faultline exokernel, and shows them\n\n"
                       "usage: exo COMMAND [options]\n\n";
    for (const Command& command : all)
        if (!command.hidden)
            text += fmt::format("  {:<20}{}\n", command.name + " " + command.arguments,
                                wrapped(command.summary, 22));
    return text + "\n`exo COMMAND --help` says more. First steps: exo demo, exo test\n"
                  "exit status: 0 done, 1 a check failed, 2 usage, 3 a tool is missing,\n"
                  "4 the guest crashed, 5 a fault in exo or on the host, 6 the app's own error,\n"
                  "124 timeout, 130 interrupted\n";
}

Outcome<const Command*> choose(const std::vector<Command>& all, const std::string& name) {
    std::vector<std::string> names{"help"};
    for (const Command& command : all) {
        if (command.name == name)
            return &command;
        if (!command.hidden)
            names.push_back(command.name);
    }
    return usage_error(fmt::format("there is no command {}{} (`exo help` lists them)", name,
                                   suggestion(name, names)));
}

Outcome<ExitCode> perform(const Project& project, std::span<const std::string> words) {
    const std::vector<Command> all = commands();
    const bool help =
        !words.empty() && (words[0] == "help" || words[0] == "--help" || words[0] == "-h");
    if (words.empty() || (help && words.size() == 1)) {
        if (words.empty())
            say(overview(all));
        else
            fmt::print("{}", overview(all));
        return words.empty() ? ExitCode::usage : ExitCode::done;
    }
    const Command* command = TRY(choose(all, words[help ? 1 : 0]));
    const Syntax syntax{command->name,   command->arguments, command->summary,  command->options,
                        command->fewest, command->most,      command->passed_on};
    const Parsed parsed = help ? Parsed{.values = {}, .positional = {}, .rest = {}, .help = true}
                               : TRY(parse(syntax, words.subspan(1)));
    if (parsed.help) {
        fmt::print("{}", help_text(syntax));
        return ExitCode::done;
    }
    return command->perform(project, parsed);
}

// A stream that the caller has closed would be the next file that is opened: what is said would go
// into it. So it is held: stdout by one that fails.
void hold_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(stream, F_GETFD) == -1)
            open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}

// The result is what stdout got.
int lost_output(int why) {
    tell(fmt::format("the output cannot be written: {}; give it a place that has room, with -o or "
                     "`>`",
                     std::strerror(why)));
    return static_cast<int>(ExitCode::internal_fault);
}

} // namespace

int main_program(const Project& project, std::span<const std::string> words) {
    hold_standard_streams();
    try {
        const auto code = perform(project, words);
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
            return lost_output(errno);
        if (code)
            return static_cast<int>(*code);
        tell(code.error().message);
        return static_cast<int>(code.error().code);
    } catch (const std::exception& fault) {
        if (std::ferror(stdout) != 0)
            return lost_output(errno);
        say(fmt::format("exo: a fault in exo itself: {}\n", fault.what()));
        return static_cast<int>(ExitCode::internal_fault);
    }
}

} // namespace command
