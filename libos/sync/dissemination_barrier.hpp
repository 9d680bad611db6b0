// libos/sync/dissemination_barrier.hpp - in round k each tells the one 2^k behind it.

#pragma once

#include "libos/sync/participant.hpp"
#include "libos/sync/shared_memory.hpp"

namespace libos::sync {

// Hensgen, Finkel and Manber, "Two algorithms for barrier synchronization" (1988), with the parity
// and sense of Mellor-Crummey and Scott 1991: the flags of episodes that may overlap are apart, and
// nobody resets any. P * ceil(log2 P) messages an episode, ceil(log2 P) of them one after the
// other; any P. Each flag has a line of its own, so no two messages meet: each is one store and one
// read of it.
template <class Platform = Processors> class DisseminationBarrier {
public:
    /// Returns when all have entered. Cost: ceil(log2 P) stores, each in another's line, and as
    /// many reads of own lines.
    void wait(Participant& self) {
        std::uint32_t round = 0;
        for (std::uint32_t distance = 1; distance < self.count; distance *= 2, ++round) {
            const std::uint32_t told = (self.index + distance) % self.count;
            flags_[told][self.parity][round].word.store(self.sense);
            wait_until<Platform>(flags_[self.index][self.parity][round].word, self.sense);
        }
        self.sense ^= self.parity;
        self.parity ^= 1;
    }

private:
    Line<Platform> flags_[most_participants][2][most_rounds]; // [who waits][parity][round]
};

} // namespace libos::sync
