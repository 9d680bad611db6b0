// tools/viewer/record_cost.hpp - what recording itself costs a run, so that shown costs can leave
// it out.
//
// As `exo bench` measures it ("one record"); a test compares the two.

#pragma once

#include <cstdint>

namespace viewer {

inline constexpr std::uint64_t measured_instructions_per_record = 23;

} // namespace viewer
