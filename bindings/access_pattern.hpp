// bindings/access_pattern.hpp - the orders in which `scan` touches pages: the same in guest and
// simulator.
//
// A pass is as many accesses as there are pages. Cyclic walks the pages upwards, each thread its
// own part of them; uniform and zipf draw each page at random, each thread from a seed of its own;
// window does so among a few neighbouring pages only, a working set that moves once over all pages.

#pragma once

#include <cstdint>
#include <string_view>

#include "bindings/random.hpp"
#include "bindings/zipf.hpp"

namespace bindings {

enum class Pattern : std::uint8_t { cyclic, uniform, zipf, window };
inline constexpr std::string_view pattern_names[] = {"cyclic", "uniform", "zipf", "window"};

struct AccessPattern {
    static constexpr std::uint64_t most_pages = std::uint64_t{1} << 24;
    static constexpr std::uint64_t most_passes = std::uint64_t{1} << 32;
    static constexpr std::uint64_t most_skew = 1000;

    Pattern pattern = Pattern::cyclic;
    std::uint64_t pages = 0;
    std::uint64_t passes = 1;
    std::uint64_t threads = 1;
    std::uint64_t skew = 99;   // of zipf, in hundredths
    std::uint64_t window = 64; // of window: its pages, at most all
    std::uint64_t seed = 1;

    /// Of all threads.
    constexpr std::uint64_t access_count() const { return passes * pages; }

    /// Calls touch(page) for each access of thread `number`, in order. `zipf` is needed for that
    /// pattern only; it has `pages` numbers and `skew`.
    template <class Touch>
    void for_each_access(std::uint64_t number, const Zipf* zipf, Touch touch) const {
        if (pattern == Pattern::cyclic) {
            const std::uint64_t begin = pages * number / threads;
            const std::uint64_t end = pages * (number + 1) / threads;
            for (std::uint64_t pass = 0; pass < passes; ++pass)
                for (std::uint64_t page = begin; page < end; ++page)
                    touch(page);
            return;
        }
        const std::uint64_t total = access_count();
        const std::uint64_t share = total * (number + 1) / threads - total * number / threads;
        Random random{seed + number};
        if (pattern == Pattern::window) {
            for (std::uint64_t i = 0; i < share; ++i)
                touch((pages - window + 1) * i / share + random.below(window));
            return;
        }
        for (std::uint64_t i = 0; i < share; ++i)
            touch(pattern == Pattern::zipf ? zipf->next(random) : random.below(pages));
    }
};

} // namespace bindings
