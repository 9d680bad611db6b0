// tools/command/policy_frames.cpp - the message that says a policy's minimum.

#include "tools/command/policy_frames.hpp"

#include <fmt/format.h>

#include "tools/command/options.hpp"

namespace command {

Outcome<void> enough_frames(const simulator::SimulatedPolicy& policy, std::uint64_t frames) {
    if (frames >= policy.least_frames)
        return {};
    return usage_error(fmt::format("--frames {}: the policy {} needs at least {}; say --frames {} "
                                   "or more",
                                   frames, policy.name, policy.least_frames, policy.least_frames));
}

} // namespace command
