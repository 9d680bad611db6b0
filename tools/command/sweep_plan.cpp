// tools/command/sweep_plan.cpp - from `--policy` and `--frames` to commands.

#include "tools/command/sweep_plan.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "tools/command/command.hpp"
#include "tools/command/identity.hpp"
#include "tools/command/json_reader.hpp"
#include "tools/command/paging_options.hpp"
#include "tools/command/pattern.hpp"
#include "tools/command/tool.hpp"
#include "tools/comparison/result.hpp"
#include "tools/simulator/simulated_policies.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_jobs = 100'000;

// "a,b" and "a" "b" are the same; what comes twice counts once.
std::vector<std::string> listed(const Parsed& parsed, std::string_view option) {
    std::vector<std::string> parts;
    for (const std::string& list : parsed.all(option))
        for (std::size_t begin = 0; begin <= list.size();) {
            const std::size_t end = std::min(list.find(',', begin), list.size());
            std::string part = list.substr(begin, end - begin);
            if (std::ranges::find(parts, part) == parts.end())
                parts.push_back(std::move(part));
            begin = end + 1;
        }
    return parts;
}

Outcome<std::vector<std::uint64_t>> sizes_of(const Parsed& parsed) {
    std::vector<std::uint64_t> sizes;
    for (const std::string& text : listed(parsed, "--frames"))
        sizes.push_back(TRY(number_in("--frames", text, 1, std::uint64_t{1} << 28)));
    std::ranges::sort(sizes);
    sizes.erase(std::ranges::unique(sizes).begin(), sizes.end());
    return sizes;
}

void add(std::vector<std::string>& words, const Parsed& parsed,
         std::initializer_list<const char*> options) {
    for (const char* const option : options)
        for (const std::string& value : parsed.all(option))
            words.insert(words.end(), {option, value});
}

void add_rules(std::vector<std::string>& words, const Parsed& parsed) {
    for (const Option& option : paging_options()) {
        if (!parsed.has(option.name))
            continue;
        words.emplace_back(option.name);
        if (const auto value = parsed.value(option.name))
            words.push_back(*value);
    }
}

std::string shown_rules(const Parsed& parsed) {
    std::vector<std::string> words;
    add_rules(words, parsed);
    return words.empty() ? "" : fmt::format(", {}", fmt::join(words, " "));
}

// Files as they are found from anywhere.
void add_files(std::vector<std::string>& words, const Parsed& parsed,
               std::initializer_list<const char*> options) {
    for (const char* const option : options)
        for (const std::string& value : parsed.all(option))
            words.insert(words.end(), {option, fs::absolute(value).lexically_normal().string()});
}

Outcome<Parsed> parsed_as(const Command& command, const std::vector<std::string>& words) {
    return parse({command.name, command.arguments, command.summary, command.options, command.fewest,
                  command.most, command.passed_on},
                 words);
}

fs::path directory_of(const Project& project, const Parsed& parsed, const std::string& name) {
    return fs::absolute(parsed.value("-o").value_or((project.runs() / ("sweep-" + name)).string()))
        .lexically_normal();
}

// ---- booted --------------------------------------------------------------------------------

Outcome<std::vector<std::string>> booted_policies(const Project& project, const Parsed& parsed) {
    std::vector<std::string> names;
    for (const std::string& name : listed(parsed, "--policy")) {
        if (name == "all") {
            for (const Policy& policy : project.policies())
                names.push_back(policy.name);
            continue;
        }
        auto found = project.policy(name);
        const simulator::SimulatedPolicy* const known = simulator::find_policy(name);
        if (!found && known != nullptr)
            return usage_error(fmt::format("--policy {}: is there in the simulator only; add "
                                           "--simulate, or leave it out",
                                           name));
        names.push_back(TRY(std::move(found)));
    }
    return names;
}

Outcome<SweepPlan> plan_booted(const Project& project, const Parsed& parsed) {
    if (parsed.positional.empty())
        return usage_error("exo sweep: needs APP, or --simulate (see `exo sweep --help`)");
    for (const Option& option : pattern_options())
        if (parsed.has(option.name))
            return usage_error(fmt::format("{}: goes with --simulate; arguments of an app follow "
                                           "`--`",
                                           option.name));
    if (parsed.has("--mode"))
        return usage_error("--mode: goes with --simulate; a libOS has the mode hw");
    const std::string& app = parsed.positional[0];
    SweepPlan plan{app, app, directory_of(project, parsed, app), false, {}};
    std::vector<std::string> common{"run", app, "--no-record"};
    add(common, parsed, {"--seed", "--timeout"});
    add_rules(common, parsed);
    add_files(common, parsed, {"--trace", "--file"});
    const auto command_for = [&](const std::string& policy, std::uint64_t frames,
                                 const std::string& name) {
        std::vector<std::string> words = common;
        words.insert(words.end(), {"--policy", policy, "--frames", std::to_string(frames), "-o",
                                   (plan.directory / name).string()});
        if (!parsed.rest.empty()) {
            words.emplace_back("--");
            words.insert(words.end(), parsed.rest.begin(), parsed.rest.end());
        }
        return words;
    };
    const std::vector<std::uint64_t> sizes = TRY(sizes_of(parsed));
    const std::vector<std::string> policies = TRY(booted_policies(project, parsed));
    const Qemu qemu = TRY(find_qemu());
    // The files are read for the least and the most frames; what is between them is fine as well.
    const auto experiment_with = [&](std::uint64_t frames) -> Outcome<Experiment> {
        std::vector<std::string> words = command_for(policies[0], frames, "x");
        words.erase(words.begin()); // `run`
        return experiment_from(project, TRY(project.app(app)),
                               TRY(parsed_as(run_command(), words)));
    };
    TRY(experiment_with(sizes.back()));
    Experiment experiment = TRY(experiment_with(sizes.front()));
    for (const std::string& policy : policies)
        for (const std::uint64_t frames : sizes) {
            experiment.policy = policy;
            experiment.frames = frames;
            const std::string name = fmt::format("{}-{}", policy, frames);
            const Identity identity = TRY(identity_of(experiment, qemu.says));
            plan.jobs.push_back({name, command_for(policy, frames, name),
                                 plan.directory / name / "result.json",
                                 shown_identity(identity.experiment)});
        }
    if (!experiment.arguments.empty())
        plan.about += fmt::format(" -- {}", fmt::join(experiment.arguments, " "));
    for (const DiskFile& file : experiment.disk.files)
        plan.about += fmt::format(", file {}", file.original.filename().string());
    plan.about += fmt::format(", seed {}{}", experiment.seed, shown_rules(parsed));
    return plan;
}

// ---- simulated -----------------------------------------------------------------------------

struct SimulatedJob {
    std::string policy, mode;
};

// In the mode that was asked for, or else the exact one: that is a line to compare with.
Outcome<std::vector<SimulatedJob>> simulated_policies_of(const Parsed& parsed) {
    const std::string mode = TRY(choice_of("--mode", parsed.value("--mode").value_or("hw"),
                                           std::vector<std::string>{"exact", "hw"}));
    std::vector<SimulatedJob> jobs;
    const auto add_policy = [&](const simulator::SimulatedPolicy& policy) {
        const bool exact = mode == "exact" || policy.hardware == nullptr;
        jobs.push_back({std::string(policy.name), exact ? "exact" : "hw"});
    };
    std::vector<std::string> names{"all"};
    for (const simulator::SimulatedPolicy& policy : simulator::simulated_policies())
        names.emplace_back(policy.name);
    for (const std::string& name : listed(parsed, "--policy")) {
        if (name == "all") {
            std::ranges::for_each(simulator::simulated_policies(), add_policy);
            continue;
        }
        const simulator::SimulatedPolicy* const policy = simulator::find_policy(name);
        if (policy == nullptr)
            TRY(choice_of("--policy", name, names));
        else
            add_policy(*policy);
    }
    return jobs;
}

Outcome<SweepPlan> plan_simulated(const Project& project, const Parsed& parsed) {
    if (!parsed.positional.empty())
        return usage_error(
            fmt::format("exo sweep: either an app ({}) or --simulate", parsed.positional[0]));
    for (const char* const option : {"--file", "--timeout"})
        if (parsed.has(option))
            return usage_error(
                fmt::format("{}: is of an app; leave it out with --simulate", option));
    if (!parsed.rest.empty())
        return usage_error("exo sweep --simulate: nothing may follow `--`");
    if (parsed.has("--trace") == parsed.has("--pattern"))
        return usage_error("exo sweep --simulate: needs either --trace or --pattern");
    const std::string what = parsed.has("--trace")
                                 ? fs::path(*parsed.value("--trace")).filename().string()
                                 : *parsed.value("--pattern");
    SweepPlan plan{what + ", simulated",
                   what,
                   directory_of(project, parsed, what.substr(0, what.find('.'))),
                   true,
                   {}};
    std::vector<std::string> common{"sim"};
    add_files(common, parsed, {"--trace"});
    add(common, parsed, {"--pattern", "--pages", "--passes", "--skew", "--seed"});
    for (const char* const option : {"--pages", "--passes", "--skew", "--seed"})
        if (const auto value = parsed.value(option))
            plan.about += fmt::format(", {} {}", std::string_view(option).substr(2), *value);
    const Command command = sim_command();
    const std::vector<SimulatedJob> policies = TRY(simulated_policies_of(parsed));
    const std::string asked = parsed.value("--mode").value_or("hw");
    const std::uint64_t workload = TRY(simulated_workload(parsed));
    plan.about += fmt::format(", mode {}{}", asked, shown_rules(parsed));
    for (const auto& [policy, mode] : policies)
        for (const std::uint64_t frames : TRY(sizes_of(parsed))) {
            const std::string name =
                fmt::format("{}{}-{}", policy, mode == asked ? "" : "-" + mode, frames);
            Job job{name, common, plan.directory / (name + ".json"), {}};
            job.words.insert(job.words.end(), {"--policy", policy, "--frames",
                                               std::to_string(frames), "--mode", mode});
            if (mode == asked) // else it is a line to compare with
                add_rules(job.words, parsed);
            job.words.insert(job.words.end(), {"-o", job.result.string()});
            const Parsed as_sim = TRY(parsed_as(
                command, std::vector<std::string>(job.words.begin() + 1, job.words.end())));
            job.experiment =
                shown_identity(TRY(identity_of_simulation(as_sim, workload)).experiment);
            plan.jobs.push_back(std::move(job));
        }
    return plan;
}

} // namespace

std::vector<Option> sweep_options() {
    std::vector<Option> options{
        {"--policy", "P[,P...]", "policies; `all`: every one there is"},
        {"--frames", "N[,N...]", "numbers of frames"},
        {"--trace", "FILE", "the reference string, as `exo run` and `exo sim` take it"},
        {"--file", "FILE", "as `exo run` takes it"},
        {"--seed", "N", "of all pseudo-random choices"},
        {"--timeout", "S", "seconds before a guest is stopped"},
        {"--simulate", "",
         "boots nothing: `exo sim` over --trace or --pattern; policies that are there in the exact "
         "mode only (lru, opt ...) stand beside the others"},
        {"--mode", "M", "with --simulate: hw (default) or exact"}};
    for (const auto& more : {pattern_options(), paging_options()})
        options.insert(options.end(), more.begin(), more.end());
    return options;
}

Outcome<SweepPlan> plan_sweep(const Project& project, const Parsed& parsed) {
    for (const char* const needed : {"--policy", "--frames"})
        if (!parsed.has(needed))
            return usage_error(fmt::format("exo sweep: needs {} (see `exo sweep --help`)", needed));
    SweepPlan plan = TRY(parsed.has("--simulate") ? plan_simulated(project, parsed)
                                                  : plan_booted(project, parsed));
    if (plan.jobs.size() > most_jobs)
        return usage_error(fmt::format("exo sweep: {} jobs are more than {}; sweep less at a time",
                                       plan.jobs.size(), most_jobs));
    std::vector<Job> once; // an alias and its policy are one job
    for (Job& job : plan.jobs)
        if (std::ranges::find(once, job.name, &Job::name) == once.end())
            once.push_back(std::move(job));
    plan.jobs = std::move(once);
    return plan;
}

std::optional<comparison::Row> done(const Job& job) {
    std::error_code none;
    if (!fs::is_regular_file(job.result, none))
        return std::nullopt;
    const auto text = read_whole(job.result);
    const auto json = text ? read_json(*text) : usage_error("");
    auto row = text ? comparison::row_from(*text) : usage_error("");
    if (!json || !row || !row->good() || json->text_of("experiment") != job.experiment)
        return std::nullopt;
    row->run = job.name;
    return *row;
}

} // namespace command
