// tools/command/compare.cpp - `exo compare`: the figures of runs side by side.

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "tools/command/command.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/wrap.hpp"
#include "tools/comparison/page.hpp"
#include "tools/comparison/result.hpp"
#include "tools/comparison/table.hpp"

namespace command {

namespace {

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    if (parsed.has("--json") && parsed.has("--csv"))
        return usage_error("--json and --csv: choose one");
    std::vector<comparison::Row> rows;
    rows.reserve(parsed.positional.size());
    for (const std::string& run : parsed.positional)
        rows.push_back(TRY(comparison::row_of(project, run)));
    if (const auto file = parsed.value("--html")) {
        std::vector<comparison::Row> sorted = rows; // as the page wants them
        std::ranges::sort(sorted, [](const auto& one, const auto& other) {
            return std::tie(one.policy, one.frames) < std::tie(other.policy, other.frames);
        });
        TRY(replace_whole(*file,
                          comparison::page({"comparison", "the runs that were named"}, sorted)));
        tell(fmt::format("page: {}", *file));
    }
    if (parsed.has("--json"))
        fmt::print("{}\n", comparison::as_json(rows));
    else
        fmt::print("{}", parsed.has("--csv") ? comparison::as_csv(rows)
                                             : comparison::as_text(rows, true));
    return ExitCode::done;
}

} // namespace

Command compare_command() {
    return {"compare",
            "RUN RUN...",
            "figures of runs side by side",
            {{"--csv", "", "comma-separated, one line a run"},
             {"--json", "", "as one JSON object"},
             {"--html", "FILE", "writes a page there as well: curves, costs, all numbers"}},
            2,
            100'000,
            "",
            perform};
}

} // namespace command
