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

/// Nothing: the policy refuses that number of frames.
using Run = std::optional<Figures> (*)(const ReferenceString&, std::uint32_t frames, const Rules&);

struct SimulatedPolicy {
    std::string_view name, alias;
    Run hardware, exact;            // nullptr: not in this mode
    std::uint32_t least_frames = 1; // it refuses fewer
};

std::span<const SimulatedPolicy> simulated_policies();

/// The one with that name or alias; nullptr if there is none.
const SimulatedPolicy* find_policy(std::string_view name);

} // namespace simulator
