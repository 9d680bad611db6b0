// tools/command/policy_notes.hpp - what a user is told of a policy: that it needs more frames,
// before anything runs, and that its answers were not good, afterwards.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/command/exit_code.hpp"
#include "tools/simulator/simulated_policies.hpp"

namespace command {

Outcome<void> enough_frames(const simulator::SimulatedPolicy& policy, std::uint64_t frames);

/// What became of the answers of `policy`, of which `refused` pages were not to be had and FIFO had
/// to choose `fallbacks` of so many victims. Empty: they were all good.
std::string note_on_answers(std::string_view policy, std::uint64_t refused, std::uint64_t fallbacks,
                            std::uint64_t victims);

} // namespace command
