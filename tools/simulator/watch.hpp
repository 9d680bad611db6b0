// tools/simulator/watch.hpp - where a simulation is, for who looks on from a signal handler: one
// that shows progress, and one that ends a policy which loops for ever.

#pragma once

#include <atomic>
#include <cstdint>

namespace simulator {

struct Watch {
    static constexpr std::uint64_t nothing = 0, init = 1; // else the number of a fault, plus `init`

    std::atomic<std::uint64_t> asked = nothing; // what the policy has not answered yet
    std::atomic<std::uint64_t> position = 0;    // references before the last fault

    void ask(std::uint64_t what) { asked.store(what, std::memory_order_relaxed); }
    void answered() { ask(nothing); }
    void at(std::uint64_t reference) { position.store(reference, std::memory_order_relaxed); }
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free); // signal handlers may read it

/// That of the simulation which runs: there is one at a time.
inline Watch watch;

} // namespace simulator
