// tools/viewer/misses.hpp - the page faults of a run as the misses of a reference string.
//
// They are those of the environment that pages most, without the faults that found their page on
// its way in already. Pages have the numbers that policies and traces give them: they are counted
// from the first managed page, in a libOS that puts them elsewhere from the lowest one that
// faulted.

#pragma once

#include <cstdint>
#include <vector>

#include "tools/viewer/faults.hpp"

namespace viewer {

struct Misses {
    std::uint32_t environment = 0;
    std::uint64_t first_page = 0;            // that is page 0 of the string; 0 if there is no miss
    std::vector<const Fault*> in_order = {}; // of detection
};

Misses misses_of(const std::vector<Fault>& faults);

} // namespace viewer
