// tools/benchmark/figures.cpp - the figure of each path, and whether it keeps its budget.

#include "tools/benchmark/figures.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace benchmark {
namespace {

using profiler::Counter;

constexpr std::uint64_t least_operations = 1000; // below that a minimum says little

std::uint64_t divided(std::uint64_t amount, std::uint64_t divisor) {
    return (amount + divisor - 1) / divisor;
}

// Two independent instruments: the plugin's counters and the guest's time stamp counter.
std::string disagreement(const Path& path, const RegionProfile& region, const Measured& measured) {
    if (!path.ticks_agree)
        return "";
    const auto ticks = measured.ticks.find(path.name);
    const std::string said = ticks == measured.ticks.end() ? "nothing" : ticks->second;
    const std::string counted = std::to_string(region.best.instructions() + path.ticks_more);
    return said == counted
               ? ""
               : fmt::format("the guest's clock says {}, the profiler {}", said, counted);
}

void take_region(Figure& figure, const Measured& measured) {
    const Path& path = *figure.path;
    const auto found = measured.profile.regions.find(path.name);
    if (found == measured.profile.regions.end() || found->second.passes == 0) {
        figure.problem = "did not run";
        return;
    }
    const RegionProfile& region = found->second;
    figure.passes = region.passes;
    figure.transitions = region.best;
    figure.kernel = divided(region.best[Counter::kernel], path.divisor);
    figure.total = divided(region.best.instructions(), path.divisor);
    figure.user = figure.total - figure.kernel;
    figure.most = divided(region.most.instructions(), path.divisor);
    figure.problem = disagreement(path, region, measured);
    if (region.passes * path.divisor < least_operations)
        figure.problem = fmt::format("only {} operations", region.passes * path.divisor);
}

void take_kernel_figure(Figure& figure, std::uint64_t instructions) {
    figure.passes = 1;
    figure.kernel = figure.total = figure.most = instructions;
}

// What recording adds to the kernel's whole work, over the records that it wrote.
void take_record(Figure& figure, const Measured& plain, const Measured& recorded) {
    const std::uint64_t without = plain.profile.all[Counter::kernel];
    const std::uint64_t with = recorded.profile.all[Counter::kernel];
    if (recorded.records == 0 || with < without) {
        figure.problem = "the recorded run wrote no records";
        return;
    }
    take_kernel_figure(figure, divided(with - without, recorded.records));
    figure.passes = recorded.records;
}

// The dearest budgeted path: its instructions that touch the kernel's ring, an operation.
void take_recording_off(Figure& figure, const Measured& plain) {
    std::uint64_t most = 0;
    const char* where = "";
    for (const Path& path : paths) {
        const auto region = plain.profile.regions.find(path.name);
        if (!path.has_budget() || region == plain.profile.regions.end())
            continue;
        const std::uint64_t asked = divided(region->second.best[Counter::watched], path.divisor);
        if (asked > most) {
            most = asked;
            where = path.name;
        }
    }
    take_kernel_figure(figure, most);
    if (most != 0)
        figure.problem = fmt::format("{} touches the ring of the kernel {} times", where, most);
}

void judge(Figure& figure) {
    const auto check = [&](const char* part, std::uint64_t spent,
                           const std::optional<std::uint64_t>& budget) {
        if (figure.problem.empty() && budget && spent > *budget)
            figure.problem = fmt::format("{} {} is {} over the budget of {}", part, spent,
                                         spent - *budget, *budget);
    };
    check("kernel", figure.kernel, figure.path->kernel);
    check("user", figure.user, figure.path->user);
    check("total", figure.total, figure.path->total);
}

} // namespace

std::vector<Figure> figures_of(const Measured& plain, const Measured& recorded) {
    std::vector<Figure> figures;
    for (const Path& path : paths) {
        Figure figure;
        figure.path = &path;
        switch (path.source) {
        case Source::region:
            take_region(figure, plain);
            break;
        case Source::region_when_recording:
            take_region(figure, recorded);
            break;
        case Source::boot:
            take_kernel_figure(figure, plain.result.ticks_at_start - plain.result.ticks_at_entry);
            break;
        case Source::interrupts_off:
            take_kernel_figure(figure, plain.profile.longest.length);
            break;
        case Source::interrupts_off_when_recording:
            take_kernel_figure(figure, recorded.profile.longest.length);
            break;
        case Source::record:
            take_record(figure, plain, recorded);
            break;
        case Source::recording_off:
            take_recording_off(figure, plain);
            break;
        }
        judge(figure);
        figures.push_back(figure);
    }
    return figures;
}

} // namespace benchmark
