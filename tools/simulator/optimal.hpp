// tools/simulator/optimal.hpp - the fewest faults that any policy can have, and the most of one
// that looks ahead.

#pragma once

#include "tools/simulator/simulation.hpp"

namespace simulator {

/// OPT (Belady, IBM Systems Journal, 1966): gives up the page whose next use is farthest away.
Figures run_optimal(const ReferenceString& string, std::uint32_t frames);

/// Its opposite: the page that is used again soonest.
Figures run_pessimal(const ReferenceString& string, std::uint32_t frames);

} // namespace simulator
