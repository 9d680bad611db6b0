// apps/tailored/children.hpp - the two applications: the same program with different arguments,
// each in a libOS of its own.

#pragma once

#include <cstdint>
#include <string_view>

namespace tailored {

// What an application touches, with which `scan` is started.
struct Application {
    std::string_view name, arguments;
};
inline constexpr Application looper{"looper", "--pattern cyclic --pages 80 --passes 20"};
inline constexpr Application mover{"mover", "--pattern window --window 64 --pages 640 --passes 5"};

struct Faults {
    std::uint64_t looper = 0, mover = 0;
    std::uint64_t sum() const { return looper + mover; }
};

/// Runs both side by side, each under the policy named, with the frames and the seed of the run,
/// and returns how often each has faulted. With `aloud` they print. Ends the run if one cannot be
/// started, or does not end well.
Faults run_both(std::string_view policy_of_looper, std::string_view policy_of_mover, bool aloud);

} // namespace tailored
