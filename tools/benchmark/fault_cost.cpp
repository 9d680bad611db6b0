// tools/benchmark/fault_cost.cpp - boots `trace` under the profiler once for each policy.

#include "tools/benchmark/fault_cost.hpp"

#include <fmt/format.h>
#include <system_error>

#include "tools/benchmark/measure.hpp"
#include "tools/benchmark/specification.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/json.hpp"
#include "tools/command/trace_file.hpp"
#include "tools/simulator/simulated_policies.hpp"

namespace benchmark {
namespace {

namespace fs = std::filesystem;
using command::Outcome;
using profiler::Counter;
using simulator::ReferenceString;
using simulator::SimulatedPolicy;

// Enough for an average: a policy that has more on the whole string follows its beginning. The one
// with a budget follows it to its end.
constexpr std::uint64_t most_faults = 10'000;
constexpr std::string_view budgeted = "clock";

// Reference strings to follow, the first that is there.
struct String {
    const char* file; // from the project's root
    const char* name;
    std::uint64_t frames;
    std::uint64_t clock_budget; // instructions: what it costs, and a little; the goal is 300
};
constexpr String strings[] = {
    {"../shared/data/policy/cc1_k8.pg32.zst", "cc1_k8", 256, 1'200},
    {"tests/golden/traces/zipf.pg32.zst", "tests/golden/traces/zipf", 32, 1'400},
};

const String& string_of(const command::Project& project) {
    for (const String& string : strings)
        if (fs::exists(project.source() / string.file))
            return string;
    return strings[1];
}

// The first references of `string`, as many as have at most `most_faults` faults.
ReferenceString beginning_of(const ReferenceString& string, const SimulatedPolicy& policy,
                             std::uint64_t frames) {
    if (policy.name == budgeted)
        return string;
    ReferenceString part = string;
    std::size_t fits = 0, too_long = string.references.size() + 1;
    for (std::size_t length = string.references.size(); fits + 1 < too_long;
         length = fits + (too_long - fits) / 2) {
        part.references.assign(string.references.begin(),
                               string.references.begin() + static_cast<std::ptrdiff_t>(length));
        const auto figures = policy.hardware(part, static_cast<std::uint32_t>(frames), {});
        (figures && figures->faults <= most_faults ? fits : too_long) = length;
    }
    part.references.assign(string.references.begin(),
                           string.references.begin() + static_cast<std::ptrdiff_t>(fits));
    return part;
}

std::string words_of(const ReferenceString& string) {
    std::string text;
    text.reserve(4 * string.references.size());
    for (const simulator::Reference reference : string.references) {
        const std::uint64_t word = string.page_of(reference) << 2 | (reference.writes() ? 1 : 0);
        for (int byte = 0; byte < 4; ++byte)
            text += static_cast<char>(word >> 8 * byte & 0xff);
    }
    return text;
}

Outcome<FaultCost> measure(const command::Project& project, const String& string,
                           const ReferenceString& whole, const SimulatedPolicy& simulated) {
    const std::string policy(simulated.name);
    const fs::path place = TRY(project.new_run("bench-" + policy));
    const fs::path trace = place / "string.pg32";
    TRY(command::write_whole(trace, words_of(beginning_of(whole, simulated, string.frames))));
    command::Parsed parsed;
    parsed.values["--trace"] = {trace.string()};
    parsed.values["--policy"] = {policy};
    parsed.values["--frames"] = {std::to_string(string.frames)};
    parsed.values["--no-record"];
    const command::App app = TRY(project.app("trace"));
    const command::Experiment experiment = TRY(command::experiment_from(project, app, parsed));
    const Symbols application = TRY(symbols_of(experiment.app.program));
    const Symbols kernel = TRY(symbols_of(experiment.kernel));
    const std::string specification = TRY(specification_of_trace(application, kernel));
    const Profiled profiled = TRY(boot_profiled(project, experiment, place, specification));
    const auto& figures = profiled.end.console.figures;
    const auto number = [&](const char* name) {
        const auto found = figures.find(name);
        return found == figures.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
    };
    FaultCost cost = cost_of(profiled.profile.regions.at("trace").sum, number("faults"));
    cost.policy = policy;
    cost.evictions = number("evictions");
    std::error_code ignored;
    fs::remove_all(place, ignored);
    return cost;
}

std::string hundredths(std::uint64_t amount) {
    return fmt::format("{}.{:02}", amount / 100, amount % 100);
}

} // namespace

FaultCost cost_of(const profiler::Counters& counted, std::uint64_t faults) {
    FaultCost cost;
    cost.faults = faults;
    const std::uint64_t exceptions = counted[Counter::exception];
    if (faults == 0 || exceptions != faults) {
        cost.problem = fmt::format("the profiler saw {} faults, the libOS {}", exceptions, faults);
        return cost;
    }
    // The attempts that faulted have been taken off the user instructions, not off the
    // application's.
    const std::uint64_t own = counted[Counter::application] - exceptions;
    const auto average = [&](std::uint64_t amount) { return (amount * 100 + faults / 2) / faults; };
    cost.disk_kernel = average(counted[Counter::disk_kernel]);
    cost.disk_user = average(counted[Counter::disk_user]);
    cost.kernel = average(counted[Counter::kernel] - counted[Counter::disk_kernel]);
    cost.user = average(counted[Counter::user] - own - counted[Counter::disk_user]);
    return cost;
}

Outcome<FaultCosts> measure_faults(const command::Project& project) {
    const String& string = string_of(project);
    const ReferenceString whole = TRY(command::read_references(project.source() / string.file));
    FaultCosts costs{.string = string.name, .frames = string.frames, .list = {}};
    for (const SimulatedPolicy& policy : simulator::simulated_policies()) {
        if (policy.hardware == nullptr)
            continue;
        FaultCost cost = TRY(measure(project, string, whole, policy));
        if (policy.name == budgeted)
            cost.budget = string.clock_budget;
        if (cost.budget && cost.problem.empty() && cost.total() > *cost.budget * 100)
            cost.problem = fmt::format("total {} is over the budget of {}",
                                       hundredths(cost.total()), *cost.budget);
        costs.list.push_back(std::move(cost));
    }
    return costs;
}

std::string text_of(const FaultCosts& costs) {
    std::string text =
        fmt::format("A fault in the libOS without the disk, on {} with {} frames: averages\n"
                    "{:<22}{:>9}{:>9}{:>9} {:>8} {:<4}{:>8}{:>10}\n",
                    costs.string, costs.frames, "instructions", "kernel", "user", "total", "budget",
                    "", "faults", "disk");
    for (const FaultCost& cost : costs.list)
        text +=
            fmt::format("{:<22}{:>9}{:>9}{:>9} {:>8} {:<4}{:>8}{:>10}\n", "fault, " + cost.policy,
                        hundredths(cost.kernel), hundredths(cost.user), hundredths(cost.total()),
                        cost.budget ? fmt::to_string(*cost.budget) : "",
                        !cost.problem.empty() ? "FAIL"
                        : cost.budget         ? "ok"
                                              : "",
                        cost.faults, hundredths(cost.disk_kernel + cost.disk_user));
    for (const FaultCost& cost : costs.list)
        if (!cost.problem.empty())
            text += fmt::format("FAIL fault, {}: {}\n", cost.policy, cost.problem);
    return text;
}

std::string json_of(const FaultCosts& costs) {
    std::vector<std::string> members;
    for (const FaultCost& cost : costs.list) {
        command::JsonObject member;
        member.text("policy", cost.policy)
            .number("faults", cost.faults)
            .number("evictions", cost.evictions)
            .value("kernel", hundredths(cost.kernel))
            .value("user", hundredths(cost.user))
            .value("total", hundredths(cost.total()))
            .value("disk_kernel", hundredths(cost.disk_kernel))
            .value("disk_user", hundredths(cost.disk_user));
        if (cost.budget)
            member.number("budget", *cost.budget);
        members.push_back(
            member.boolean("passed", cost.problem.empty()).text("problem", cost.problem).done());
    }
    return command::JsonObject{}
        .text("string", costs.string)
        .number("frames", costs.frames)
        .text("unit", "guest instructions, average of a fault, without the disk")
        .value("policies", command::json_list(members))
        .done();
}

} // namespace benchmark
