// tools/command/sim.cpp - `exo sim`: a policy over a reference string, without booting anything.

#include <algorithm>
#include <fmt/format.h>

#include "tools/command/command.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/identity.hpp"
#include "tools/command/json.hpp"
#include "tools/command/paging_options.hpp"
#include "tools/command/pattern.hpp"
#include "tools/command/policy_notes.hpp"
#include "tools/command/sim_run.hpp"
#include "tools/command/sim_watch.hpp"
#include "tools/command/suggest.hpp"
#include "tools/command/trace_file.hpp"
#include "tools/command/wrap.hpp"
#include "tools/simulator/simulated_policies.hpp"

namespace command {

namespace {

using simulator::Figures;
using simulator::Mode;
using simulator::SimulatedPolicy;

constexpr std::uint64_t most_frames = std::uint64_t{1} << 28;

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        parts.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

Outcome<const SimulatedPolicy*> policy_named(const std::string& name, Mode mode) {
    std::vector<std::string> names;
    for (const SimulatedPolicy& policy : simulator::simulated_policies()) {
        const bool here = (mode == Mode::exact ? policy.exact : policy.hardware) != nullptr;
        if (policy.name == name || (!policy.alias.empty() && policy.alias == name)) {
            if (!here)
                return usage_error(fmt::format("--policy {}: hears of hits, or knows the future, "
                                               "so it is there with --mode exact only",
                                               name));
            return &policy;
        }
        if (here)
            names.emplace_back(policy.name);
    }
    return usage_error(fmt::format("--policy {}: there is {}{}", name, fmt::join(names, ", "),
                                   suggestion(name, names)));
}

struct Row {
    std::string policy;
    std::uint64_t frames;
    Figures figures;
};

JsonObject as_json(const Row& row, const std::string& mode, bool grace, std::uint64_t pages) {
    const Figures& figures = row.figures;
    JsonObject json;
    json.text("policy", row.policy)
        .text("mode", mode)
        .boolean("grace", grace)
        .number("frames", row.frames)
        .number("requests", figures.references)
        .number("pages", pages)
        .number("faults", figures.faults)
        .number("evictions", figures.evictions)
        .number("dirty_evictions", figures.dirty_evictions)
        .number("early_writes", figures.early_writes)
        .number("prefetched", figures.prefetched)
        .number("cleared_bits", figures.cleared)
        .number("policy_refused", figures.refused)
        .number("policy_fallbacks", figures.fallbacks)
        .text("victims_hash", fmt::format("{:x}", figures.victims_hash));
    return json;
}

void print_table(const std::vector<Row>& rows) {
    fmt::print("{:<14} {:>8} {:>9} {:>7} {:>9} {:>8}  {}\n", "policy", "frames", "faults", "misses",
               "evictions", "dirty", "victims_hash");
    for (const Row& row : rows) {
        const Figures& figures = row.figures;
        // In hundredths of a per cent, rounded: whole numbers are the same everywhere.
        const std::uint64_t rate = (figures.faults * 20'000 / figures.references + 1) / 2;
        fmt::print("{:<14} {:>8} {:>9} {:>3}.{:02}% {:>9} {:>8}  {:016x}\n", row.policy, row.frames,
                   figures.faults, rate / 100, rate % 100, figures.evictions,
                   figures.dirty_evictions, figures.victims_hash);
    }
}

// As `exo run` says it of a booted run.
void note_answers(const std::vector<Row>& rows) {
    for (const auto& [policy, frames, figures] : rows)
        if (const std::string note =
                note_on_answers(policy, figures.refused, figures.fallbacks, figures.evictions);
            !note.empty())
            tell(fmt::format("with {} frames {}", frames, note));
}

void print_csv(const std::vector<Row>& rows) {
    fmt::print("policy,frames,requests,faults,evictions,dirty_evictions,cleared_bits,"
               "policy_refused,policy_fallbacks,victims_hash\n");
    for (const auto& [policy, frames, figures] : rows)
        fmt::print("{},{},{},{},{},{},{},{},{},{:x}\n", policy, frames, figures.references,
                   figures.faults, figures.evictions, figures.dirty_evictions, figures.cleared,
                   figures.refused, figures.fallbacks, figures.victims_hash);
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    if (const auto run = parsed.value("--run"))
        return replay_run(project, *run, parsed);
    for (const char* const needed : {"--policy", "--frames"})
        if (!parsed.has(needed))
            return usage_error(fmt::format("exo sim: needs {} (see `exo sim --help`)", needed));
    if (parsed.has("--trace") == parsed.has("--pattern"))
        return usage_error("exo sim: needs a reference string: either --trace or --pattern (see "
                           "`exo sim --help`)");
    const std::string mode_name = TRY(choice_of("--mode", parsed.value("--mode").value_or("hw"),
                                                std::vector<std::string>{"exact", "hw"}));
    simulator::Rules rules;
    rules.mode = mode_name == "exact" ? Mode::exact : Mode::hardware;
    rules.paging = TRY(paging_rules_from(parsed));
    if (rules.paging.grace && rules.mode == Mode::exact)
        return usage_error("--grace: is a rule of --mode hw; the exact mode maps pages with the "
                           "bit clear");
    if (const auto seed = parsed.value("--seed"))
        rules.seed = TRY(number_in("--seed", *seed, 0, ~0ull));
    std::vector<const SimulatedPolicy*> policies;
    for (const std::string& name : split(parsed.all("--policy").back()))
        if (name == "all") {
            for (const SimulatedPolicy& policy : simulator::simulated_policies())
                if ((rules.mode == Mode::exact ? policy.exact : policy.hardware) != nullptr)
                    policies.push_back(&policy);
        } else {
            policies.push_back(TRY(policy_named(name, rules.mode)));
        }
    std::vector<std::uint32_t> sizes;
    for (const std::string& size : split(parsed.all("--frames").back()))
        sizes.push_back(
            static_cast<std::uint32_t>(TRY(number_in("--frames", size, 1, most_frames))));
    SimulationWatch watch;
    const simulator::ReferenceString string =
        parsed.has("--pattern") ? TRY(pattern_string(parsed, rules.seed))
                                : TRY(read_references(parsed.all("--trace").back()));

    std::vector<Row> rows;
    for (const SimulatedPolicy* const policy : policies)
        for (const std::uint32_t frames : sizes) {
            const simulator::Run run = rules.mode == Mode::exact ? policy->exact : policy->hardware;
            TRY(enough_frames(*policy, frames));
            watch.begin(policy->name, frames, string.references.size());
            const auto figures = run(string, frames, rules);
            if (!figures)
                return usage_error(fmt::format("--frames {}: the policy {} refuses that number of "
                                               "frames; take another",
                                               frames, policy->name));
            rows.push_back({std::string(policy->name), frames, *figures});
        }
    if (parsed.has("--json") || parsed.has("-o")) {
        std::vector<std::string> list;
        list.reserve(rows.size());
        Identity identity;
        if (parsed.has("-o")) {
            const std::uint64_t workload = TRY(simulated_workload(parsed));
            identity = TRY(identity_of_simulation(parsed, workload));
        }
        for (const Row& row : rows) {
            JsonObject json = as_json(row, mode_name, rules.paging.grace, string.pages.size());
            if (parsed.has("-o"))
                json.text("workload", shown_identity(identity.workload))
                    .text("experiment", shown_identity(identity.experiment));
            list.push_back(json.done());
        }
        const std::string text =
            rows.size() == 1 ? list[0] : JsonObject{}.value("runs", json_list(list)).done();
        if (const auto file = parsed.value("-o"))
            TRY(replace_whole(*file, text + "\n"));
        else
            fmt::print("{}\n", text);
    } else if (parsed.has("--csv")) {
        print_csv(rows);
    } else {
        fmt::print("{} references to {} pages, mode {}{}\n\n", string.references.size(),
                   string.pages.size(), mode_name, rules.paging.grace ? " with grace" : "");
        print_table(rows);
        note_answers(rows);
    }
    return ExitCode::done;
}

} // namespace

Command sim_command() {
    std::vector<Option> options{
        {"--policy", "P[,P...]", "policies (`exo list` shows those of the libOS), or all"},
        {"--frames", "N[,N...]", "numbers of frames"},
        {"--trace", "FILE", "the reference string: .u32, .u64, .pg32, each also .zst; .txt"},
        {"--mode", "M",
         "hw (default): the policy sees faults and reference bits, as in the libOS; exact: "
         "textbook forms, which see every reference"},
        {"--seed", "N", "of all pseudo-random choices, those of --pattern too (default 1)"},
        {"--run", "RUN",
         "instead: the policies of a recorded run, run again on what they were told; each "
         "victim must be the recorded one (`last`: the last run)"},
        {"--csv", "", "comma-separated, one line a run"},
        {"--json", "", "as one JSON object"},
        {"-o", "FILE", "writes the JSON object there"}};
    std::vector<Option> more = pattern_options();
    for (const Option& option : paging_options())
        more.push_back(option);
    options.insert(options.begin() + 3, more.begin(), more.end());
    return {"sim",
            "",
            "replacement policies over a reference string, without booting",
            std::move(options),
            0,
            0,
            "",
            perform};
}

} // namespace command
