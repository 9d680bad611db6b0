// libos/sync/backoff_lock.hpp - test-and-test-and-set with exponential backoff.

#pragma once

#include "libos/sync/shared_memory.hpp"

namespace libos::sync {

// Anderson, "The performance of spin lock alternatives for shared-memory multiprocessors" (IEEE
// TPDS 1, 1990): the delay is doubled each time that the lock is found taken. Not fair: who has
// just released it is the likeliest to get it again, and nothing bounds the wait of others.
// Messages an acquisition: one to three when nobody interferes, else at most as many as wait.
template <class Platform = Processors> class BackoffLock {
public:
    static constexpr std::uint64_t longest_delay = 64; // pauses

    /// Cost: one exchange for each time that the lock looks free.
    void acquire(std::uint32_t) {
        std::uint64_t delay = 1;
        while (taken_.word.load() != 0 || taken_.word.exchange(1) != 0) {
            for (std::uint64_t i = 0; i != delay; ++i)
                Platform::pause();
            delay = delay < longest_delay ? 2 * delay : delay;
        }
    }

    /// By the holder. Cost: one store.
    void release(std::uint32_t) { taken_.word.store(0); }

private:
    Line<Platform> taken_;
};

} // namespace libos::sync
