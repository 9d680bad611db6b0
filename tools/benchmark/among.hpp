// tools/benchmark/among.hpp - `exo bench --cpus N`: what a path costs on one of several processors.
//
// The others idle. A lock that is taken, or a question whether there are others, would show: the
// null call and the fault upcall may cost two instructions more, no other path is judged. Counted
// by the profiler on the first processor: the guest's clock is the sum of all.

#pragma once

#include <string>
#include <vector>

#include "tools/benchmark/figures.hpp"

namespace benchmark {

struct Pair {
    const Path* path = nullptr;
    std::uint64_t alone = 0, among = 0; // instructions of an operation, rounded up
    bool judged = false;
    std::string problem; // why it fails; empty: it holds
};

struct Among {
    std::uint64_t processors = 0;
    std::vector<Pair> pairs;
    std::uint64_t boot_alone = 0, boot_among = 0; // executed by all until the first libOS begins
    std::uint64_t boot_ticks = 0;                 // of the clock that `among` shows

    bool passed() const;
};

/// `alone` was measured with one processor, `among` with `processors`, both without recording.
Among compare(const Measured& alone, const Measured& among, std::uint64_t processors);

/// A table of at most 80 columns.
std::string text_of(const Among& among);
std::string json_of(const Among& among);

} // namespace benchmark
