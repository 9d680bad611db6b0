// tools/command/verify.cpp - `exo verify RUN`: checks a recording against the rules.

#include <fmt/format.h>
#include <set>

#include "tools/command/command.hpp"
#include "tools/command/json.hpp"
#include "tools/command/view.hpp"
#include "tools/command/wrap.hpp"
#include "tools/verifier/verify.hpp"

namespace command {

namespace {

constexpr std::size_t shown_violations = 20;

std::string as_json(const std::filesystem::path& file, const recording::Recording& recording,
                    const std::vector<verifier::Violation>& violations) {
    std::vector<std::string> list;
    list.reserve(violations.size());
    for (const verifier::Violation& violation : violations)
        list.push_back(JsonObject{}
                           .text("rule", violation.rule)
                           .number("event", violation.sequence)
                           .text("text", violation.text)
                           .done());
    return JsonObject{}
        .text("recording", shown(file))
        .number("events", recording.events.size())
        .number("rules", verifier::rules().size())
        .boolean("holds", violations.empty())
        .value("violations", json_list(list))
        .done();
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    if (parsed.has("--rules")) {
        for (const verifier::Rule& rule : verifier::rules())
            fmt::print("{}\n    {}\n", rule.name, rule.description);
        return ExitCode::done;
    }
    const auto file =
        TRY(project.recording_of(parsed.positional.empty() ? "" : parsed.positional[0]));
    const recording::Recording recording = TRY(load_recording(file));
    const std::vector<verifier::Violation> violations = verifier::verify(recording);
    const ExitCode code = violations.empty() ? ExitCode::done : ExitCode::check_failed;
    if (parsed.has("--json")) {
        fmt::print("{}\n", as_json(file, recording, violations));
        return code;
    }
    for (std::size_t i = 0; i < std::min(violations.size(), shown_violations); ++i)
        fmt::print("{}\n", wrapped(fmt::format("event {}: rule {}: {}", violations[i].sequence,
                                               violations[i].rule, violations[i].text),
                                   0));
    if (violations.size() > shown_violations) {
        std::set<std::string> others; // no rule goes unnamed
        for (std::size_t i = shown_violations; i < violations.size(); ++i)
            others.insert(violations[i].rule);
        fmt::print("{}\n", wrapped(fmt::format("... and {} more (--json lists them), of {}",
                                               violations.size() - shown_violations,
                                               fmt::join(others, ", ")),
                                   0));
    }
    const std::string total =
        violations.empty()
            ? fmt::format("{} events keep all {} rules", recording.events.size(),
                          verifier::rules().size())
            : fmt::format("{} violations in {} events", violations.size(), recording.events.size());
    fmt::print("{}\n", wrapped(fmt::format("{}: {}", shown(file), total), 0));
    return code;
}

} // namespace

Command verify_command() {
    return {"verify",
            "[RUN]",
            "checks a recording against the rules of page faults and revocations",
            {{"--json", "", "as one JSON object, with every violation"},
             {"--rules", "", "lists the rules"}},
            0,
            1,
            "",
            perform};
}

} // namespace command
