// tools/command/booted_test.cpp - runs one booted test: tests/qemu/NAME.
//
// Passes if the run ends as its scenario's `expect` says (an outcome, and for `ended` the status)
// and the console says what expected.txt says: the test's own lines exactly and in order; a line
// `@key=value` of expected.txt must be among the results, a line `exokernel: text` must be part of
// one of the kernel's lines.

#include <algorithm>
#include <fmt/format.h>
#include <sstream>

#include "tools/command/command.hpp"
#include "tools/command/run.hpp"
#include "tools/command/view.hpp"
#include "tools/verifier/verify.hpp"

namespace command {

namespace {

// What is wrong with the transcript; empty if nothing is.
std::string difference(const std::string& expected_text, const Console& console) {
    Console expected;
    std::istringstream stream(expected_text);
    for (std::string line; std::getline(stream, line);) // as if the exokernel had begun each
        expected.add(line + '\r');
    for (std::size_t i = 0; i < std::max(expected.lines.size(), console.lines.size()); ++i) {
        const std::string wanted = i < expected.lines.size() ? expected.lines[i] : "(the end)";
        const std::string found = i < console.lines.size() ? console.lines[i] : "(the end)";
        if (wanted != found)
            return fmt::format("line {}\n  expected: {}\n  found:    {}\n", i + 1, wanted, found);
    }
    for (const auto& [mine, theirs] : {std::pair{&expected.figures, &console.figures},
                                       std::pair{&expected.output, &console.output}})
        for (const auto& [key, value] : *mine)
            if (const auto found = theirs->find(key);
                found == theirs->end() || found->second != value)
                return fmt::format("result {}\n  expected: {}\n  found:    {}\n", key, value,
                                   found == theirs->end() ? "(none)" : found->second);
    for (const std::string& wanted : expected.kernel_lines)
        if (std::ranges::none_of(console.kernel_lines, [&](const std::string& line) {
                return line.find(wanted) != std::string::npos;
            }))
            return fmt::format("no line of the exokernel has: {}\n", wanted);
    return "";
}

std::string broken_rule(const RunEnd& end) {
    if (end.recording.empty())
        return "there is no recording to verify\n";
    const auto recording = load_recording(end.recording);
    if (!recording)
        return recording.error().message + "\n";
    const auto violations = verifier::verify(*recording);
    if (violations.empty())
        return "";
    return fmt::format("event {}: rule {}: {}\n", violations[0].sequence, violations[0].rule,
                       violations[0].text);
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    const std::string& name = parsed.positional[0];
    const App app = TRY(project.booted_test(name));
    const Experiment experiment = TRY(experiment_from(project, app, parsed));
    const Project tests = project.for_tests();
    const auto directory = TRY(run_directory(tests, name, parsed));
    const RunEnd end = TRY(boot(tests, experiment, directory, false));
    const std::string expected =
        TRY(read_whole(project.source() / "tests/qemu" / name / "expected.txt"));
    std::string ended = end.outcome;
    if (end.has_result && end.result.outcome == abi::Outcome::ended && end.outcome == "ended")
        ended += fmt::format(" {}", end.result.status);
    std::string problem = difference(expected, end.console);
    if (ended != experiment.app.scenario.expect)
        problem +=
            fmt::format("the run\n  expected: {}\n  ended:    {}\n{}",
                        experiment.app.scenario.expect, ended, failure_report(experiment, end));
    if (problem.empty() && experiment.app.scenario.verify && experiment.record)
        problem = broken_rule(end);
    if (problem.empty()) {
        std::error_code ignored; // nobody looks at a test that passed
        if (!parsed.has("-o"))
            std::filesystem::remove_all(directory, ignored);
        return ExitCode::done;
    }
    fmt::print("{}: {}(run directory {})\n", name, problem, shown(directory));
    return ExitCode::check_failed;
}

} // namespace

Command booted_test_command() {
    return {"booted-test", "NAME", "runs one booted test", experiment_options(), 1, 1, "ARGUMENTS",
            perform,       true};
}

} // namespace command
