// tools/command/walk.cpp - `exo walk RUN`: shows a recording.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/command/command.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/known_string.hpp"
#include "tools/command/view.hpp"
#include "tools/command/wrap.hpp"
#include "tools/viewer/record_cost.hpp"

namespace command {

namespace {

// What is missing from the recording or flagged in it, in one text; empty: nothing.
std::string what_is_wrong(const recording::Recording& recording) {
    std::string text;
    for (const std::string& note : recording.notes)
        text += (text.empty() ? "" : " ") + note;
    if (recording.flags.empty())
        return text;
    const recording::Flag& first = recording.flags.front();
    return text + fmt::format("{}flagged: record {} of {}: {}; {} flags in all, `exo verify` names "
                              "them",
                              text.empty() ? "" : " ", first.record,
                              first.ring == recording::no_ring ? std::string("the region")
                                                               : fmt::format("ring {}", first.ring),
                              recording::describe(first.reason), recording.flags.size());
}

} // namespace

Outcome<recording::Recording> load_recording(const std::filesystem::path& file) {
    std::string error;
    auto recording = recording::load(file.string(), error);
    if (!recording)
        return usage_error(error);
    if (const std::string wrong = what_is_wrong(*recording); !wrong.empty())
        tell(fmt::format("{}: {}", shown(file), wrong));
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

struct NamedFormat {
    const char* name;
    viewer::Format format;
    const char* file; // where it is written without -o, in the recording's folder; "": stdout
};
constexpr std::array formats{
    NamedFormat{"text", viewer::Format::text, ""},
    NamedFormat{"html", viewer::Format::html, "walk.html"},
    NamedFormat{"perfetto", viewer::Format::perfetto, "walk.pftrace"},
    NamedFormat{"ostep", viewer::Format::ostep, ""},
    NamedFormat{"pg32", viewer::Format::pg32, "walk.pg32"},
    NamedFormat{"json", viewer::Format::json, ""},
};

Outcome<NamedFormat> format_of(const std::string& name) {
    std::array<std::string, formats.size()> names;
    std::ranges::transform(formats, names.begin(), &NamedFormat::name);
    const std::string known = TRY(choice_of("--format", name, names));
    return *std::ranges::find(formats, known,
                              [](const NamedFormat& each) { return std::string(each.name); });
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    viewer::WalkOptions options = terminal_options();
    const NamedFormat format = TRY(format_of(parsed.value("--format").value_or("text")));
    options.format = format.format;
    options.sources = project.source();
    if (const auto fault = parsed.value("--fault"))
        options.fault = TRY(number_in("--fault", *fault, 1, ~0ull));
    if (const auto exception = parsed.value("--exception"))
        options.exception = TRY(number_in("--exception", *exception, 1, ~0ull));
    if (const auto revocation = parsed.value("--revocation"))
        options.revocation = TRY(number_in("--revocation", *revocation, 1, ~0ull));
    if (const auto shootdown = parsed.value("--shootdown"))
        options.shootdown = TRY(number_in("--shootdown", *shootdown, 1, ~0ull));
    const bool whole =
        options.format == viewer::Format::ostep || options.format == viewer::Format::pg32;
    if (whole && (options.fault || options.exception || options.revocation || options.shootdown))
        return usage_error(fmt::format("--format {}: shows every fault; leave out --fault, "
                                       "--exception, --revocation and --shootdown, or choose text "
                                       "or json",
                                       format.name));
    if (const auto columns = parsed.value("--columns"))
        options.columns = static_cast<unsigned>(TRY(number_in("--columns", *columns, 40, 1000)));
    options.colours = options.colours && !parsed.has("-o");
    const auto file =
        TRY(project.recording_of(parsed.positional.empty() ? "" : parsed.positional[0]));
    const recording::Recording recording = TRY(load_recording(file));
    const auto references = options.format == viewer::Format::ostep
                                ? known_string(recording, file.parent_path())
                                : std::nullopt;
    options.references = references ? &*references : nullptr;
    std::string error;
    const std::string text = viewer::walk(recording, options, error);
    if (text.empty())
        return usage_error(error);
    if (!error.empty())
        tell(error);
    std::filesystem::path target = parsed.value("-o").value_or("");
    if (target.empty() && *format.file != '\0')
        target = file.parent_path() / format.file;
    if (target.empty())
        fmt::print("{}", text);
    else
        TRY(write_whole(target, text));
    if (*format.file != '\0')
        fmt::print("{}\n", shown(target));
    return ExitCode::done;
}

} // namespace

Command walk_command() {
    return {"walk",
            "[RUN]",
            "shows a recording: all of it, or one part of it step by step",
            {{"--fault", "N", "the Nth fault, step by step (the first is 1)"},
             {"--exception", "N",
              "the Nth exception (or page fault, interrupt, system "
              "call: the first of each kind), step by step"},
             {"--revocation", "N", "the revocation of that number, step by step"},
             {"--shootdown", "N", "the Nth TLB shootdown among several processors, step by step"},
             {"--format", "F",
              "text (default), html: a page to step through, perfetto: a trace for "
              "ui.perfetto.dev, ostep, pg32: the faults as a reference string, json"},
             {"--columns", "N", "wraps text there (the terminal's width)"},
             {"-o", "FILE",
              "writes to FILE (html: walk.html, perfetto: walk.pftrace, pg32: walk.pg32 beside "
              "the recording; else stdout)"}},
            0,
            1,
            "",
            perform};
}

} // namespace command
