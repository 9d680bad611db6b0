// tools/benchmark/bench.cpp - `exo bench`: two boots, one table, one verdict.

#include "tools/benchmark/bench.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <vector>

#include "tools/benchmark/among.hpp"
#include "tools/benchmark/measure.hpp"
#include "tools/benchmark/report.hpp"
#include "tools/command/suggest.hpp"

namespace benchmark {

using command::ExitCode;
using command::Outcome;

namespace {

Outcome<void> check_name(const std::string& name) {
    std::vector<std::string> names;
    for (const Path& path : paths)
        names.emplace_back(path.name);
    names.emplace_back(fault_cost_name);
    if (name.empty() || std::ranges::find(names, name) != names.end())
        return {};
    return command::usage_error(fmt::format("there is no benchmark {}{} (there are {})", name,
                                            command::suggestion(name, names),
                                            fmt::join(names, ", ")));
}

// What the profiler shall list: one path that was asked for, for people.
std::string traced_by(const Options& options, Source source) {
    const auto path =
        std::ranges::find_if(paths, [&](const Path& each) { return each.name == options.name; });
    const bool listed = path != std::end(paths) && path->source == source;
    return listed && !options.json ? options.name : "";
}

Outcome<ExitCode> bench_among(const command::Project& project, const Options& options) {
    if (!options.name.empty())
        return command::usage_error(fmt::format("--cpus {} compares all paths; leave out {}",
                                                options.processors, options.name));
    const Measured alone = TRY(measure(project, false));
    const Measured among = TRY(measure(project, false, {}, options.processors));
    const Among compared = compare(alone, among, options.processors);
    fmt::print("{}", options.json ? json_of(compared) + "\n" : text_of(compared));
    std::error_code ignored;
    for (const Measured* const measured : {&alone, &among})
        std::filesystem::remove_all(measured->directory, ignored);
    return compared.passed() ? ExitCode::done : ExitCode::check_failed;
}

} // namespace

ExitCode verdict(std::span<const Figure> figures, const FaultCosts& costs) {
    const bool passed = std::ranges::all_of(figures, &Figure::passed) &&
                        std::ranges::all_of(costs.list, &std::string::empty, &FaultCost::problem);
    return passed ? ExitCode::done : ExitCode::check_failed;
}

Outcome<ExitCode> bench(const command::Project& project, const Options& options) {
    TRY(check_name(options.name));
    const command::Project apart = project.for_tests();
    if (options.processors != 1)
        return bench_among(apart, options);
    if (options.name == fault_cost_name) {
        const FaultCosts costs = TRY(measure_faults(apart));
        fmt::print("{}", options.json ? json_of(costs) + "\n" : text_of(costs));
        return verdict({}, costs);
    }
    const Measured plain = TRY(measure(apart, false, traced_by(options, Source::region)));
    const Measured recorded =
        TRY(measure(apart, true, traced_by(options, Source::region_when_recording)));
    std::vector<Figure> figures = figures_of(plain, recorded);
    FaultCosts costs;
    if (options.name.empty())
        costs = TRY(measure_faults(apart));
    else
        std::erase_if(figures,
                      [&](const Figure& figure) { return figure.path->name != options.name; });
    if (options.json)
        fmt::print("{}\n", json_of(figures, plain, recorded, costs));
    else
        fmt::print("{}{}{}{}", plain.listing, recorded.listing, text_of(figures, plain, recorded),
                   costs.list.empty() ? "" : "\n" + text_of(costs));
    std::error_code ignored;
    for (const Measured* const measured : {&plain, &recorded})
        std::filesystem::remove_all(measured->directory, ignored);
    return verdict(figures, costs);
}

} // namespace benchmark
