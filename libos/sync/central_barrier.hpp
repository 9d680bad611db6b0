// libos/sync/central_barrier.hpp - a counter, and a flag on which all wait.

#pragma once

#include "libos/sync/participant.hpp"
#include "libos/sync/shared_memory.hpp"

namespace libos::sync {

// The sense-reversing centralized barrier (Hensgen, Finkel and Manber 1988; Mellor-Crummey and
// Scott 1991). All add to one line and wait on one other: O(P) messages an episode, and each of
// them queues for the same line.
template <class Platform = Processors> class CentralBarrier {
public:
    /// Returns when all have entered. Cost: one fetch-and-add, and a read of the flag when it
    /// turns; the last one stores twice, the second of which each other has to read.
    void wait(Participant& self) {
        if (arrived_.word.fetch_add(1) + 1 == self.count) {
            arrived_.word.store(0); // first: who sees the flag may enter again
            sense_.word.store(self.sense);
        } else {
            wait_until<Platform>(sense_.word, self.sense);
        }
        self.sense ^= 1;
    }

private:
    Line<Platform> arrived_, sense_;
};

} // namespace libos::sync
