// tools/viewer/record_cost.hpp - what recording itself costs a run, so that shown costs can leave
// it out.
//
// The figure "one record" of `exo bench`. Nothing compares the two: who makes recording cheaper or
// dearer changes this as well.

#pragma once

#include <cstdint>

namespace viewer {

inline constexpr std::uint64_t measured_instructions_per_record = 24;

} // namespace viewer
