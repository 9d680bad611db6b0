// tools/command/paging_options.cpp - --grace, --batch, --cluster and --early.

#include "tools/command/paging_options.hpp"

#include <fmt/format.h>

namespace command {

std::vector<Option> paging_options() {
    return {
        {"--grace", "", "at a fault the reference bit of the page mapped before is cleared"},
        {"--batch", "N",
         "victims that the policy is asked for at a time (default 1, to 32); clock, fifo, mru and "
         "sieve name up to so many"},
        {"--cluster", "N", "dirty neighbours are written together, N pages (default 1, to 16)"},
        {"--early", "N", "write ahead of need where fewer than N frames are clean (default 0)"},
    };
}

Outcome<libos::PagingRules> paging_rules_from(const Parsed& parsed) {
    const auto number = [&](const char* option, std::uint64_t otherwise, std::uint64_t least,
                            std::uint64_t most) -> Outcome<std::uint32_t> {
        const auto given = parsed.value(option);
        return static_cast<std::uint32_t>(given ? TRY(number_in(option, *given, least, most))
                                                : otherwise);
    };
    return libos::PagingRules{.grace = parsed.has("--grace"),
                              .batch = TRY(number("--batch", 1, 1, libos::batch_limit)),
                              .cluster = TRY(number("--cluster", 1, 1, libos::cluster_limit)),
                              .early = TRY(number("--early", 0, 0, 1u << 24))};
}

std::string manifest_lines(const libos::PagingRules& rules) {
    std::string lines;
    if (rules.grace)
        lines += "grace=1\n";
    if (rules.batch != 1)
        lines += fmt::format("batch={}\n", rules.batch);
    if (rules.cluster != 1)
        lines += fmt::format("cluster={}\n", rules.cluster);
    if (rules.early != 0)
        lines += fmt::format("early={}\n", rules.early);
    return lines;
}

} // namespace command
