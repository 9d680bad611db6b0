// tools/command/pattern.cpp - reads and checks the options of a pattern.

#include "tools/command/pattern.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "tools/simulator/pattern_string.hpp"

namespace command {

using bindings::AccessPattern;

namespace {
constexpr std::uint64_t most_accesses = 1ull << 28; // 1 GiB of them
}

std::vector<Option> pattern_options() {
    return {{"--pattern", "P",
             "instead of --trace, the accesses of scan: cyclic, uniform, zipf or "
             "window"},
            {"--pages", "N", "with --pattern: pages that it touches"},
            {"--passes", "N", "with --pattern: N times as many accesses as pages (1)"},
            {"--window", "N", "with --pattern window: pages of the working set that moves (64)"},
            {"--skew", "N", "with --pattern zipf: the exponent, in hundredths (99)"}};
}

Outcome<simulator::ReferenceString> pattern_string(const Parsed& parsed, std::uint64_t seed) {
    const std::vector<std::string> names(std::begin(bindings::pattern_names),
                                         std::end(bindings::pattern_names));
    const std::string name =
        TRY(choice_of("--pattern", parsed.value("--pattern").value_or(""), names));
    const auto number = [&](const char* option, std::uint64_t otherwise, std::uint64_t least,
                            std::uint64_t most) -> Outcome<std::uint64_t> {
        const auto text = parsed.value(option);
        return text ? number_in(option, *text, least, most) : Outcome<std::uint64_t>{otherwise};
    };
    if (!parsed.has("--pages"))
        return usage_error("--pattern: needs --pages N, the pages that are touched");
    AccessPattern pattern;
    pattern.pattern =
        static_cast<bindings::Pattern>(std::ranges::find(names, name) - names.begin());
    pattern.pages = TRY(number("--pages", 0, 1, AccessPattern::most_pages));
    pattern.passes = TRY(number("--passes", pattern.passes, 1, AccessPattern::most_passes));
    pattern.skew = TRY(number("--skew", pattern.skew, 0, AccessPattern::most_skew));
    pattern.window =
        TRY(number("--window", std::min(pattern.window, pattern.pages), 1, pattern.pages));
    pattern.seed = seed;
    if (pattern.access_count() > most_accesses)
        return usage_error(
            fmt::format("--passes {}: are {} accesses, and at most {} are simulated; "
                        "take fewer",
                        pattern.passes, pattern.access_count(), most_accesses));
    return simulator::string_of(pattern);
}

} // namespace command
