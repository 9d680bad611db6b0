// tools/command/policy_notes.cpp - the messages about policies.

#include "tools/command/policy_notes.hpp"

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

std::string note_on_answers(std::string_view policy, std::uint64_t refused, std::uint64_t fallbacks,
                            std::uint64_t victims) {
    if (fallbacks != 0)
        return fmt::format(
            "the policy {} had no good answer for {} of {} victims: FIFO chose those", policy,
            fallbacks, victims);
    if (refused != 0)
        return fmt::format(
            "the policy {} named {} pages that were not to be had, and others beside "
            "them",
            policy, refused);
    return "";
}

} // namespace command
