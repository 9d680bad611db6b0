// tools/command/demo.cpp - `exo demo`: a real text, paged through a libOS into a quarter of the
// frames that it needs; counted, verified, and one of its faults shown step by step.

#include <charconv>
#include <chrono>
#include <fmt/format.h>

#include "bindings/abi/io_ring.hpp"
#include "tools/command/command.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/run.hpp"
#include "tools/command/view.hpp"
#include "tools/command/word_count.hpp"
#include "tools/command/wrap.hpp"
#include "tools/verifier/verify.hpp"

namespace command {

namespace {

std::uint64_t counted(const RunEnd& end, const std::string& name) {
    const auto found = end.console.output.find(name);
    std::uint64_t number = ~0ull;
    if (found != end.console.output.end())
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
    return number;
}

Outcome<ExitCode> check(bool holds, const std::string& what) {
    fmt::print("{}  {}\n", holds ? "ok    " : "FAILED", what);
    return holds ? ExitCode::done : ExitCode::check_failed;
}

Outcome<ExitCode> show(const Project& project, const Experiment& experiment, const RunEnd& end,
                       const WordCount& host) {
    const WordCount guest{counted(end, "lines"), counted(end, "words"), counted(end, "bytes")};
    fmt::print("lines {}, words {}, bytes {}\n{} faults, {} victims, {} instructions\n\n",
               guest.lines, guest.words, guest.bytes, end.console.figures.at("faults"),
               end.console.figures.at("evictions"), end.instructions());
    ExitCode code = TRY(check(guest == host, fmt::format("the host counts {}, {} and {}",
                                                         host.lines, host.words, host.bytes)));
    const recording::Recording recording = TRY(load_recording(end.recording));
    const auto violations = verifier::verify(recording);
    std::string verdict = fmt::format("{} recorded events keep all {} rules",
                                      recording.events.size(), verifier::rules().size());
    if (!violations.empty())
        verdict = fmt::format("rule {} is broken at event {}: {}", violations[0].rule,
                              violations[0].sequence, violations[0].text);
    if (TRY(check(violations.empty(), verdict)) != ExitCode::done)
        code = ExitCode::check_failed;

    viewer::WalkOptions options = terminal_options();
    options.fault = viewer::default_fault(recording);
    std::string error;
    const std::string walk = viewer::walk(recording, options, error);
    if (walk.empty())
        return host_error("the recording holds no fault to show: " + error);
    fmt::print("\n{}\n", walk);
    options.format = viewer::Format::html;
    options.sources = project.source();
    const std::filesystem::path page = end.recording.parent_path() / "walk.html";
    TRY(write_whole(page, viewer::walk(recording, options, error)));
    fmt::print("page          {}\nrecording     {}\nanother fault tools/exo walk --fault "
               "7\nanother run   tools/exo "
               "run {} --file FILE --policy fifo --frames {}\n",
               shown(page), shown(end.recording), experiment.app.name, experiment.frames);
    return code;
}

Outcome<ExitCode> perform(const Project& project, const Parsed&) {
    const auto began = std::chrono::steady_clock::now();
    const std::filesystem::path text = project.build() / "demo.txt";
    Parsed options;
    options.values["--file"] = {text.string()};
    const std::string content = TRY(read_whole(text));
    const std::uint64_t pages = (content.size() + abi::block_size - 1) / abi::block_size;
    options.values["--frames"] = {std::to_string(pages / 4)};
    const App app = TRY(project.app("wc"));
    const Experiment experiment = TRY(experiment_from(project, app, options));
    fmt::print("wc, a libOS application, counts {}\n"
               "({} bytes, {} pages on a virtio disk)\n"
               "with {} frames of memory and the policy {}.\n\n",
               shown(text), content.size(), pages, experiment.frames, experiment.policy);
    std::fflush(stdout);
    const std::filesystem::path directory = TRY(run_directory(project, "demo", options));
    const RunEnd end = TRY(boot(project, experiment, directory, false));
    for (const std::string& note : end.notes)
        tell(note);
    if (end.code != ExitCode::done) {
        say(failure_report(experiment, end));
        return end.code;
    }
    if (end.recording.empty())
        return host_error("the run left no recording");
    const ExitCode code = TRY(show(project, experiment, end, count_words(content)));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    tell(fmt::format("the demo took {:.1f} s", took.count()));
    return code;
}

} // namespace

Command demo_command() {
    return {"demo", "",     "pages a real text through a libOS, verifies and shows it", {}, 0, 0,
            "",     perform};
}

} // namespace command
