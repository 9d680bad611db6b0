// tools/benchmark/measure.cpp - boots under the profiler.

#include "tools/benchmark/measure.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "tools/benchmark/listing.hpp"
#include "tools/benchmark/specification.hpp"
#include "tools/command/run.hpp"
#include "tools/command/symbols.hpp"
#include "tools/recording_file/recording.hpp"

namespace benchmark {
namespace {

namespace fs = std::filesystem;
using command::Outcome;

constexpr const char* specification_name = "profiler.spec";
constexpr const char* profile_name = "profile.csv";

// QEMU reads `,,` as a comma inside a value.
std::string quoted(const fs::path& file) {
    std::string text;
    for (const char c : file.string())
        text += c == ',' ? ",," : std::string(1, c);
    return text;
}

Outcome<std::uint64_t> records_of(const command::RunEnd& end) {
    std::string error;
    const auto recording = recording::load(end.recording.string(), error);
    if (!recording)
        return command::host_error(fmt::format("{}: {}", command::shown(end.recording), error));
    const std::uint64_t start = end.result.ticks_at_start - end.result.ticks_at_entry;
    std::uint64_t records = 0;
    for (const recording::Event& event : recording->events)
        if (!event.claim && event.time >= start)
            records += abi::records_of(static_cast<abi::Event>(event.kind));
    return records;
}

std::string place_of(const command::Experiment& experiment, const Symbols& kernel,
                     const profiler::KernelRun& run) {
    const std::string inside = command::symbol_of(experiment.kernel, run.inside);
    return fmt::format("from {}, {}", nearest_symbol(kernel, run.begin),
                       inside.empty() ? nearest_symbol(kernel, run.inside) : inside);
}

} // namespace

Outcome<Profiled> boot_profiled(const command::Project& project, command::Experiment experiment,
                                const fs::path& place, const std::string& specification) {
    const fs::path plugin = project.build() / "profiler.so";
    if (!fs::exists(plugin))
        return command::host_error(fmt::format("{}: the profiler is not built; `tools/exo` builds "
                                               "it",
                                               command::shown(plugin)));
    TRY(command::write_whole(place / specification_name, specification));
    experiment.machine.insert(
        experiment.machine.end(),
        {"-plugin", fmt::format("{},spec={},out={}", quoted(plugin),
                                quoted(place / specification_name), quoted(place / profile_name))});
    Profiled profiled;
    profiled.end = TRY(command::boot(project, experiment, place, false));
    const command::RunEnd& end = profiled.end;
    if (end.code != command::ExitCode::done) {
        std::string said;
        for (const std::string& line : end.console.lines)
            if (line.starts_with(experiment.app.name + ": "))
                said += line + "\n";
        return std::unexpected(
            command::Failure{end.code, said + command::failure_report(experiment, end)});
    }
    profiled.profile = TRY(read_profile(place / profile_name));
    return profiled;
}

Outcome<Measured> measure(const command::Project& project, bool recording,
                          const std::string& traced, std::uint64_t processors) {
    const command::App app = TRY(project.app("bench"));
    command::Experiment experiment = TRY(command::experiment_from(project, app, {}));
    experiment.record = recording;
    experiment.processors = processors;
    experiment.kernel = project.kernel(recording);
    const Symbols application = TRY(symbols_of(experiment.app.program));
    const Symbols kernel = TRY(symbols_of(experiment.kernel));
    std::string wanted = TRY(specification_of(application, kernel));
    if (!traced.empty())
        wanted += fmt::format("trace {}\n", traced);
    Measured measured;
    measured.directory = TRY(project.new_run(recording ? "bench-recorded" : "bench"));
    const Profiled profiled = TRY(boot_profiled(project, experiment, measured.directory, wanted));
    measured.profile = profiled.profile;
    measured.result = profiled.end.result;
    measured.ticks = profiled.end.console.output;
    measured.longest_place = place_of(experiment, kernel, measured.profile.longest);
    if (!traced.empty())
        measured.listing = TRY(listing_of((measured.directory / profile_name).string() + ".trace",
                                          application, kernel));
    if (recording)
        measured.records = TRY(records_of(profiled.end));
    return measured;
}

} // namespace benchmark
