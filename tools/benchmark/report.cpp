// tools/benchmark/report.cpp - tables and JSON.

#include "tools/benchmark/report.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

#include "tools/command/json.hpp"
#include "tools/command/wrap.hpp"

namespace benchmark {
namespace {

using profiler::Counter;

std::string budget_text(const Path& path) {
    std::string text;
    const auto add = [&](const char* part, const std::optional<std::uint64_t>& limit) {
        if (limit)
            text += fmt::format("{}{}{}", text.empty() ? "" : " ", part, *limit);
    };
    add("k", path.kernel);
    add("u", path.user);
    add("", path.total);
    return text;
}

std::string peer_text(std::uint64_t peer) {
    if (peer == 0)
        return "-";
    return peer < 10'000'000 ? std::to_string(peer)
                             : fmt::format("{:.1e}", static_cast<double>(peer));
}

std::string verdict(const Figure& figure) {
    if (!figure.passed())
        return "FAIL";
    return figure.path->has_budget() ? "ok" : "";
}

std::string cost_table(std::span<const Figure> figures) {
    std::string text =
        fmt::format("{:<22}{:>8}{:>5}{:>8} {:>8} {:<4}{:>7}{:>8}{:>6}\n", "instructions", "kernel",
                    "user", "total", "budget", "", "seL4", "Linux", "JOS");
    for (const Figure& figure : figures) {
        const Path& path = *figure.path;
        text += fmt::format("{:<22}{:>8}{:>5}{:>8} {:>8} {:<4}{:>7}{:>8}{:>6}\n", path.title,
                            figure.kernel, figure.user, figure.total, budget_text(path),
                            verdict(figure), peer_text(path.sel4), peer_text(path.linux_tuned),
                            peer_text(path.jos));
    }
    return text;
}

// Of one operation; a fraction where one pass holds several.
std::string transition_text(const Figure& figure, Counter counter) {
    const std::uint64_t amount = figure.transitions[counter];
    if (amount == 0)
        return ".";
    if (amount % figure.path->divisor == 0)
        return std::to_string(amount / figure.path->divisor);
    return fmt::format("{:.2f}",
                       static_cast<double>(amount) / static_cast<double>(figure.path->divisor));
}

constexpr std::array columns{Counter::syscall,   Counter::sysret, Counter::exception,
                             Counter::interrupt, Counter::iret,   Counter::cr3,
                             Counter::invlpg,    Counter::port};

std::string transition_table(std::span<const Figure> figures) {
    std::string text =
        fmt::format("{:<22}{:>8}{:>7}{:>5}{:>6}{:>6}{:>5}{:>6}{:>6}{:>8}\n", "transitions",
                    "syscall", "sysret", "exc", "irq", "iret", "cr3", "inv", "port", "most");
    for (const Figure& figure : figures) {
        if (!figure.path->is_region())
            continue;
        text += fmt::format("{:<22}", figure.path->title);
        constexpr std::array<int, columns.size()> widths{8, 7, 5, 6, 6, 5, 6, 6};
        for (std::size_t i = 0; i < columns.size(); ++i)
            text += fmt::format("{:>{}}", transition_text(figure, columns[i]), widths[i]);
        text += fmt::format("{:>8}\n", figure.most);
    }
    return text;
}

std::string peers_json(const Path& path) {
    command::JsonObject peers;
    if (path.sel4 != 0)
        peers.number("sel4", path.sel4);
    if (path.linux_tuned != 0)
        peers.number("linux", path.linux_tuned);
    if (path.jos != 0)
        peers.number("jos", path.jos);
    return peers.done();
}

std::string budget_json(const Path& path) {
    command::JsonObject budget;
    if (path.kernel)
        budget.number("kernel", *path.kernel);
    if (path.user)
        budget.number("user", *path.user);
    if (path.total)
        budget.number("total", *path.total);
    return budget.done();
}

std::string figure_json(const Figure& figure) {
    command::JsonObject transitions;
    for (const Counter counter : columns)
        transitions.number(profiler::counter_names[static_cast<std::size_t>(counter)],
                           figure.transitions[counter]);
    return command::JsonObject{}
        .text("name", figure.path->name)
        .number("kernel", figure.kernel)
        .number("user", figure.user)
        .number("total", figure.total)
        .number("most", figure.most)
        .number("passes", figure.passes)
        .number("operations_a_pass", figure.path->divisor)
        .value("transitions_a_pass", transitions.done())
        .value("budget", budget_json(*figure.path))
        .boolean("passed", figure.passed())
        .text("problem", figure.problem)
        .value("peers", peers_json(*figure.path))
        .done();
}

constexpr const char* peers_note =
    "Budgets: k kernel, u user, else total. The peers were measured under the same\n"
    "QEMU 7.2 (TCG, -icount shift=0): seL4 with fastpath, Linux 6.1 tuned, JOS.\n";

} // namespace

std::string text_of(std::span<const Figure> figures, const Measured& plain,
                    const Measured& recorded) {
    std::string text = cost_table(figures) + "\n" + transition_table(figures) + "\n" + peers_note;
    text += fmt::format("Longest with interrupts off:\n  {}\nWhile recording:\n  {}\n",
                        command::wrapped(plain.longest_place, 2),
                        command::wrapped(recorded.longest_place, 2));
    for (const Figure& figure : figures)
        if (!figure.passed())
            text += fmt::format("FAIL {}: {}\n", figure.path->name, figure.problem);
    return text;
}

std::string json_of(std::span<const Figure> figures, const Measured& plain,
                    const Measured& recorded, const FaultCosts& costs) {
    std::vector<std::string> members;
    bool passed = std::ranges::all_of(costs.list, &std::string::empty, &FaultCost::problem);
    for (const Figure& figure : figures) {
        members.push_back(figure_json(figure));
        passed = passed && figure.passed();
    }
    command::JsonObject json;
    json.text("unit", "guest instructions, minimum of the passes")
        .boolean("passed", passed)
        .value("paths", command::json_list(members));
    if (!costs.list.empty())
        json.value("faults", json_of(costs));
    return json.text("longest_place", plain.longest_place)
        .text("longest_place_recording", recorded.longest_place)
        .text("run", plain.directory.string())
        .text("recorded_run", recorded.directory.string())
        .done();
}

} // namespace benchmark
