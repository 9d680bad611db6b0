// tools/simulator/simulated_policies.hpp - the policies by name, in each mode.
//
// Those of libos/vm/policies run in both; a policy that needs to hear of every hit, or knows the
// future, is in the exact mode only.

#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "tools/simulator/simulation.hpp"

namespace simulator {

/// Nothing: the policy refuses so few frames.
using Run = std::optional<Figures> (*)(const ReferenceString&, std::uint32_t frames, const Rules&);

struct SimulatedPolicy {
    std::string_view name, alias;
    Run hardware, exact; // nullptr: not in this mode
};

std::span<const SimulatedPolicy> simulated_policies();

} // namespace simulator
