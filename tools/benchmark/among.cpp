// tools/benchmark/among.cpp - two boots side by side.

#include "tools/benchmark/among.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

#include "tools/command/json.hpp"

namespace benchmark {
namespace {

constexpr std::uint64_t most_more = 2;
constexpr std::array<std::string_view, 2> judged{"null_call", "fault_upcall"};

std::uint64_t cost_of(const Path& path, const Measured& measured) {
    const auto found = measured.profile.regions.find(path.name);
    if (found == measured.profile.regions.end() || found->second.passes == 0)
        return 0;
    return (found->second.best.instructions() + path.divisor - 1) / path.divisor;
}

std::string difference(const Pair& pair) {
    return fmt::format("{:+}", static_cast<std::int64_t>(pair.among - pair.alone));
}

} // namespace

bool Among::passed() const {
    return std::ranges::all_of(pairs, &std::string::empty, &Pair::problem);
}

Among compare(const Measured& alone, const Measured& among, std::uint64_t processors) {
    Among compared;
    compared.processors = processors;
    compared.boot_alone = alone.profile.boot.instructions();
    compared.boot_among = among.profile.boot.instructions();
    compared.boot_ticks = among.result.ticks_at_start - among.result.ticks_at_entry;
    for (const Path& path : paths) {
        if (path.source != Source::region)
            continue;
        Pair pair{.path = &path,
                  .alone = cost_of(path, alone),
                  .among = cost_of(path, among),
                  .judged = std::ranges::find(judged, path.name) != judged.end(),
                  .problem = {}};
        if (pair.alone == 0 || pair.among == 0)
            pair.problem = "did not run";
        else if (pair.judged && pair.among > pair.alone + most_more)
            pair.problem = fmt::format("costs {} instructions among {} processors, {} alone: {} "
                                       "more are allowed",
                                       pair.among, processors, pair.alone, most_more);
        compared.pairs.push_back(pair);
    }
    return compared;
}

std::string text_of(const Among& among) {
    std::string text = fmt::format("{:<22}{:>12}{:>12}{:>10}\n", "instructions", "1 processor",
                                   fmt::format("1 of {}", among.processors), "more");
    for (const Pair& pair : among.pairs)
        text += fmt::format("{:<22}{:>12}{:>12}{:>10}{}\n", pair.path->title, pair.alone,
                            pair.among, difference(pair),
                            !pair.problem.empty() ? "  FAIL"
                            : pair.judged         ? "  ok"
                                                  : "");
    text += fmt::format(
        "{:<22}{:>12}{:>12}{:>10}\n", "boot to libOS, of all", among.boot_alone, among.boot_among,
        fmt::format("{:+}", static_cast<std::int64_t>(among.boot_among - among.boot_alone)));
    text +=
        fmt::format("Counted on the first processor; the others idle. The emulator's clock shows\n"
                    "{} ticks for that boot: it jumps while a processor comes up.\n",
                    among.boot_ticks);
    for (const Pair& pair : among.pairs)
        if (!pair.problem.empty())
            text += fmt::format("FAIL {}: {}\n", pair.path->name, pair.problem);
    return text;
}

std::string json_of(const Among& among) {
    std::vector<std::string> members;
    members.reserve(among.pairs.size());
    for (const Pair& pair : among.pairs)
        members.push_back(command::JsonObject{}
                              .text("name", pair.path->name)
                              .number("alone", pair.alone)
                              .number("among", pair.among)
                              .boolean("passed", pair.problem.empty())
                              .text("problem", pair.problem)
                              .done());
    return command::JsonObject{}
        .text("unit", "guest instructions of the first processor, minimum of the passes")
        .number("processors", among.processors)
        .boolean("passed", among.passed())
        .value("paths", command::json_list(members))
        .number("boot_alone", among.boot_alone)
        .number("boot_among", among.boot_among)
        .number("boot_ticks", among.boot_ticks)
        .done();
}

} // namespace benchmark
