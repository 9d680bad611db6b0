// tools/command/test.cpp - `exo test`: runs the tests with CTest, whose summary closes it.

#include <array>
#include <fmt/format.h>
#include <thread>

#include "tools/command/child.hpp"
#include "tools/command/command.hpp"

namespace command {

namespace {

constexpr std::chrono::hours far_away{24}; // each test has its own deadline

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    const std::string jobs = parsed.value("-j").value_or(
        std::to_string(std::max(1u, std::thread::hardware_concurrency())));
    TRY(number_in("-j", jobs, 1, 1024));
    std::vector<std::string> words{"ctest", "--test-dir",          project.build().string(), "-j",
                                   jobs,    "--output-on-failure", "--no-tests=error"};
    if (!parsed.has("--all"))
        words.insert(words.end(), {"-LE", "^long$"});
    static const std::array<std::string, 5> groups{"host", "lint", "booted", "page", "bench"};
    if (!parsed.positional.empty())
        TRY(choice_of("exo test", parsed.positional[0], groups));
    if (!parsed.positional.empty())
        words.insert(words.end(), {"-L", "^" + parsed.positional[0] + "$"});
    if (parsed.has("--list"))
        words.emplace_back("-N");
    const ChildEnd end = TRY(run_child({words, "", true}, far_away, [] {}));
    if (end.how == Ended::interrupted)
        return ExitCode::interrupted;
    return end.how == Ended::exited && end.status == 0 ? ExitCode::done : ExitCode::check_failed;
}

} // namespace

Command test_command() {
    return {"test",
            "[GROUP]",
            "runs the tests (groups: host, lint, booted, page, bench)",
            {{"--all", "", "the long ones too"},
             {"--list", "", "shows the tests, runs none"},
             {"-j", "N", "so many at a time"}},
            0,
            1,
            "",
            perform};
}

} // namespace command
