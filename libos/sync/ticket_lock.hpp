// libos/sync/ticket_lock.hpp - first come, first served: whoever has the number that is served.

#pragma once

#include "libos/sync/shared_memory.hpp"

namespace libos::sync {

// Mellor-Crummey and Scott, "Algorithms for scalable synchronization on shared-memory
// multiprocessors" (ACM TOCS 9, 1991), without its proportional backoff. FIFO. All who wait spin on
// one line, so a release invalidates it at each of them: O(waiting) messages an acquisition.
template <class Platform = Processors> class TicketLock {
public:
    /// Cost: one fetch-and-add; then the line of `now_serving_` once for each release before its
    /// own.
    void acquire(std::uint32_t) {
        wait_until<Platform>(now_serving_.word, next_.word.fetch_add(1));
    }

    /// By the holder. Cost: one store, which each who waits has to read.
    void release(std::uint32_t) { now_serving_.word.store(now_serving_.word.load() + 1); }

private:
    Line<Platform> next_, now_serving_; // apart: who comes does not disturb who waits
};

} // namespace libos::sync
