// apps/contention/main.cpp - what locks, barriers and neighbours on a line cost on several
// processors.
//
// The first libOS starts one more environment on each other processor, which share its frames; all
// of them perform the experiments, one after the other. It prints what each took in instructions;
// the lines that pass between the processors are counted by `exo run` itself (`--count-lines`).

#include "apps/contention/experiments.hpp"
#include "libos/core/address_space.hpp"
#include "libos/core/format.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/environment/spawn.hpp"

namespace {

using namespace contention;
constexpr std::uint64_t frames_of_participant = 128; // tables, heap, ring
constexpr std::uint64_t most_rounds = 1'000'000;

// What the words behind `--` ask for; every participant gets the same.
struct Plan {
    std::string_view kind, name; // empty: all experiments
    std::uint64_t rounds;

    bool has(const Experiment& experiment) const {
        return kind.empty() || (experiment.kind == kind && experiment.name == name);
    }
};

[[noreturn]] void refuse_name(std::string_view kind, std::string_view name) {
    char room[200];
    libos::Line line{room};
    for (const Experiment& experiment : experiments())
        if (experiment.kind == kind) {
            line.append(' ');
            line.append(experiment.name);
        }
    libos::fail(abi::Error::invalid_argument, "contention: there is no --{} {}; there are:{}", kind,
                name, line.text());
}

Plan plan_of(const libos::Arguments& arguments) {
    const std::string_view unknown = arguments.unknown(
        {"--lock", "--barrier", "--counters", "--rounds", "--participant", "--of"});
    if (!unknown.empty())
        libos::fail(abi::Error::invalid_argument,
                    "contention: there is no argument `{}`; --lock, --barrier, --counters "
                    "and --rounds are",
                    unknown);
    Plan plan{};
    plan.rounds = arguments.number("--rounds", 100).value_or(0);
    if (plan.rounds == 0 || plan.rounds > most_rounds)
        libos::fail(abi::Error::invalid_argument,
                    "contention: --rounds {}: is to be a number from 1 to {}",
                    arguments.option("--rounds", ""), most_rounds);
    for (const std::string_view option : {"--lock", "--barrier", "--counters"}) {
        if (!arguments.has(option))
            continue;
        if (!plan.kind.empty())
            libos::fail(abi::Error::invalid_argument,
                        "contention: --{} and {}: say one, or none for all", plan.kind, option);
        plan.kind = option.substr(2);
        plan.name = arguments.option(option, "");
        bool there = false;
        for (const Experiment& experiment : experiments())
            there = there || plan.has(experiment);
        if (!there)
            refuse_name(plan.kind, plan.name);
    }
    return plan;
}

Shared& shared_in(std::span<const abi::Capability> frames) {
    return *reinterpret_cast<Shared*>(libos::heap::adopt_pages(frames));
}

int take_part(const libos::Arguments& arguments, const Plan& plan) {
    Shared& shared = shared_in(libos::start_information().lent);
    Self self{static_cast<std::uint32_t>(arguments.number("--participant", 0).value_or(0)),
              static_cast<std::uint32_t>(arguments.number("--of", 1).value_or(1)), plan.rounds};
    for (const Experiment& experiment : experiments())
        if (plan.has(experiment))
            perform(experiment, shared, self);
    return 0;
}

libos::Child start_participant(std::uint64_t index, std::uint64_t count, const Plan& plan,
                               std::span<const abi::Capability> frames) {
    char room[256];
    libos::Line manifest{room};
    const libos::FormatArgument words[] = {index, count, plan.rounds};
    manifest.format("app=contention\narguments=--participant {} --of {} --rounds {}", words);
    if (!plan.kind.empty()) {
        const libos::FormatArgument only[] = {plan.kind, plan.name};
        manifest.format(" --{} {}", only);
    }
    manifest.append('\n');
    libos::Allowance allowance;
    allowance.frames = frames_of_participant;
    allowance.processor = index;
    for (std::size_t i = 0; i != shared_frames; ++i)
        allowance.lent[i] = {frames[i], abi::rights::read | abi::rights::write};
    const auto child = libos::spawn("contention", manifest.text(), allowance);
    if (!child)
        libos::fail(child.error(), "contention: starting an environment on processor {} failed: {}",
                    index, name_of(child.error()));
    return *child;
}

void append_right(libos::Line& line, std::uint64_t number, std::size_t width) {
    std::size_t digits = 1;
    for (std::uint64_t rest = number; rest >= 10; rest /= 10)
        ++digits;
    for (; digits < width; ++digits)
        line.append(' ');
    line.append_number(number, 10);
}

// False if a lock or barrier has broken its promise.
bool print_row(const Experiment& experiment, const Shared& shared, const Self& self) {
    std::uint64_t waited = 0, wrong = 0;
    for (std::uint32_t i = 0; i != self.count; ++i) {
        waited += shared.results[i].waited.load();
        wrong += shared.results[i].wrong.load();
    }
    const std::uint64_t round = self.elapsed / rounds_of(experiment, self);
    const std::uint64_t waiting = waited / (self.rounds * self.count);
    char room[128];
    libos::Line line{room};
    line.append(experiment.kind);
    line.append(' ');
    line.append(experiment.name);
    while (line.text().size() < 24)
        line.append(' ');
    if (self.alone != 0)
        append_right(line, self.alone, 10);
    else
        line.append("         -");
    append_right(line, round, 13);
    append_right(line, waiting, 10);
    libos::print("{}\n", line.text());
    if (self.alone != 0)
        libos::print("@output.{}_alone={}\n", experiment.name, self.alone);
    libos::print("@output.{}_round={}\n", experiment.name, round);
    libos::print("@output.{}_waiting={}\n", experiment.name, waiting);
    if (wrong != 0)
        libos::print("{} of {} environments have seen {} break its promise\n", wrong, self.count,
                     experiment.name);
    return wrong == 0;
}

} // namespace

int application_main(libos::Arguments arguments) {
    const Plan plan = plan_of(arguments);
    if (arguments.has("--participant"))
        return take_part(arguments, plan);
    const auto& facts =
        *reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page);
    const std::uint32_t count = facts.processors;
    if (count == 1)
        libos::fail(abi::Error::invalid_argument,
                    "contention: one processor contends with nobody; say `--cpus 2` or more");
    abi::Capability frames[shared_frames];
    libos::bind_frames(frames);
    Shared& shared = shared_in(frames);
    libos::Child others[sync::most_participants];
    for (std::uint32_t i = 1; i != count; ++i)
        others[i] = start_participant(i, count, plan, frames);
    libos::print("instructions a round         alone    contended   waiting\n");
    Self self{0, count, plan.rounds};
    libos::print("@output.rounds={}\n", plan.rounds * count);
    bool kept = true;
    for (const Experiment& experiment : experiments())
        if (plan.has(experiment)) {
            perform(experiment, shared, self);
            kept = print_row(experiment, shared, self) && kept;
        }
    for (std::uint32_t i = 1; i != count; ++i)
        libos::bury_at_its_end(others[i]);
    return kept ? 0 : static_cast<int>(abi::Error::invalid_argument);
}
