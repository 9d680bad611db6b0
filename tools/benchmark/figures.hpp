// tools/benchmark/figures.hpp - from two measured boots to one figure a path, judged.

#pragma once

#include <string>
#include <vector>

#include "tools/benchmark/budgets.hpp"
#include "tools/benchmark/measure.hpp"

namespace benchmark {

struct Figure {
    const Path* path = nullptr;
    std::uint64_t passes = 0;
    std::uint64_t kernel = 0, user = 0, total = 0; // an operation, rounded up
    std::uint64_t most = 0;                        // total of the dearest pass, an operation
    profiler::Counters transitions;                // of one whole pass
    std::string problem;                           // why it fails; empty: it holds

    bool passed() const { return problem.empty(); }
};

/// `plain` was booted without recording, `recorded` with it, both with the same passes.
std::vector<Figure> figures_of(const Measured& plain, const Measured& recorded);

} // namespace benchmark
