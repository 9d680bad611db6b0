// tools/command/command.cpp - choosing the subcommand, help, and turning failures into messages.

#include "tools/command/command.hpp"

#include <array>
#include <exception>
#include <fmt/format.h>

#include "tools/command/suggest.hpp"
#include "tools/command/wrap.hpp"

namespace command {

namespace {

// Commands of the finished product that are not there yet.
constexpr std::array<const char*, 4> later{"sim", "compare", "sweep", "new"};

std::vector<Command> commands() {
    return {demo_command(),   run_command(),        list_command(), walk_command(),
            verify_command(), bench_command(),      gdb_command(),  doctor_command(),
            test_command(),   booted_test_command()};
}

std::string overview(const std::vector<Command>& all) {
    std::string text = "exo - boots experiments on the Faultline exokernel, and shows them\n\n"
                       "usage: exo COMMAND [options]\n\n";
    for (const Command& command : all)
        if (!command.hidden)
            text += fmt::format("  {:<18}{}\n", command.name + " " + command.arguments,
                                wrapped(command.summary, 20));
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
    for (const char* const coming : later)
        if (name == coming)
            return usage_error(
                fmt::format("exo {}: is not there yet (`exo help` lists what is)", name));
    return usage_error(fmt::format("there is no command {}{} (`exo help` lists them)", name,
                                   suggestion(name, names)));
}

Outcome<ExitCode> perform(const Project& project, std::span<const std::string> words) {
    const std::vector<Command> all = commands();
    const bool help =
        !words.empty() && (words[0] == "help" || words[0] == "--help" || words[0] == "-h");
    if (words.empty() || (help && words.size() == 1)) {
        fmt::print(words.empty() ? stderr : stdout, "{}", overview(all));
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

} // namespace

int main_program(const Project& project, std::span<const std::string> words) {
    try {
        const auto code = perform(project, words);
        std::fflush(stdout);
        if (code)
            return static_cast<int>(*code);
        tell(code.error().message);
        return static_cast<int>(code.error().code);
    } catch (const std::exception& fault) {
        fmt::print(stderr, "exo: a fault in exo itself: {}\n", fault.what());
        return static_cast<int>(ExitCode::internal_fault);
    }
}

} // namespace command
