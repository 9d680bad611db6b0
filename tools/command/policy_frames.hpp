// tools/command/policy_frames.hpp - refuses fewer frames than a policy needs, before anything runs.

#pragma once

#include <cstdint>

#include "tools/command/exit_code.hpp"
#include "tools/simulator/simulated_policies.hpp"

namespace command {

Outcome<void> enough_frames(const simulator::SimulatedPolicy& policy, std::uint64_t frames);

} // namespace command
