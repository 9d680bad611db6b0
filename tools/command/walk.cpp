// tools/command/walk.cpp - `exo walk RUN`: shows a recording.

#include <array>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/command/command.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/view.hpp"
#include "tools/viewer/record_cost.hpp"

namespace command {

Outcome<recording::Recording> load_recording(const std::filesystem::path& file) {
    std::string error;
    auto recording = recording::load(file.string(), error);
    if (!recording)
        return usage_error(error);
    for (const std::string& note : recording->notes)
        fmt::print(stderr, "exo: {}: {}\n", shown(file), note);
    return *std::move(recording);
}

viewer::WalkOptions terminal_options() {
    viewer::WalkOptions options;
    options.instructions_per_record = viewer::measured_instructions_per_record;
    winsize window{};
    if (isatty(1) != 0 && ioctl(1, TIOCGWINSZ, &window) == 0 && window.ws_col >= 40)
        options.columns = window.ws_col;
    const char* const no_colour = std::getenv("NO_COLOR");
    options.colours = isatty(1) != 0 && (no_colour == nullptr || *no_colour == '\0');
    return options;
}

namespace {

Outcome<viewer::Format> format_of(const std::string& name) {
    static const std::array<std::string, 3> names{"text", "ostep", "json"};
    if (name == "html" || name == "perfetto")
        return usage_error(
            fmt::format("--format {}: is not there yet; there is text, ostep, json", name));
    const std::string known = TRY(choice_of("--format", name, names));
    return known == "text"    ? viewer::Format::text
           : known == "ostep" ? viewer::Format::ostep
                              : viewer::Format::json;
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    viewer::WalkOptions options = terminal_options();
    options.format = TRY(format_of(parsed.value("--format").value_or("text")));
    if (const auto fault = parsed.value("--fault"))
        options.fault = TRY(number_in("--fault", *fault, 1, ~0ull));
    if (const auto columns = parsed.value("--columns"))
        options.columns = static_cast<unsigned>(TRY(number_in("--columns", *columns, 40, 1000)));
    options.colours = options.colours && !parsed.has("-o");
    const auto file =
        TRY(project.recording_of(parsed.positional.empty() ? "" : parsed.positional[0]));
    const recording::Recording recording = TRY(load_recording(file));
    std::string error;
    const std::string text = viewer::walk(recording, options, error);
    if (text.empty())
        return usage_error(error);
    if (const auto target = parsed.value("-o"))
        TRY(write_whole(*target, text));
    else
        fmt::print("{}", text);
    return ExitCode::done;
}

} // namespace

Command walk_command() {
    return {"walk",
            "[RUN]",
            "shows a recording: all of it, or one fault step by step",
            {{"--fault", "N", "the Nth fault, step by step (the first is 1)"},
             {"--format", "text|ostep|json", "text by default"},
             {"--columns", "N", "wraps text there (the terminal's width)"},
             {"-o", "FILE", "writes to FILE instead"}},
            0,
            1,
            "",
            perform};
}

} // namespace command
