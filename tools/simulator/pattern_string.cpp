// tools/simulator/pattern_string.cpp - collects what the generator that scan has too touches.

#include "tools/simulator/pattern_string.hpp"

#include <optional>

namespace simulator {

ReferenceString string_of(const bindings::AccessPattern& pattern) {
    std::vector<std::uint64_t> sums;
    std::optional<bindings::Zipf> zipf;
    if (pattern.pattern == bindings::Pattern::zipf) {
        sums.resize(pattern.pages);
        zipf.emplace(sums, pattern.skew);
    }
    bindings::AccessPattern alone = pattern;
    alone.threads = 1;
    StringBuilder string(alone.access_count());
    alone.for_each_access(0, zipf ? &*zipf : nullptr,
                          [&](std::uint64_t page) { string.add(page); });
    return string.take();
}

} // namespace simulator
