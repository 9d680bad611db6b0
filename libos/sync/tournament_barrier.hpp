// libos/sync/tournament_barrier.hpp - losers tell winners who wakes them up again.

#pragma once

#include "libos/sync/participant.hpp"
#include "libos/sync/shared_memory.hpp"

namespace libos::sync {

// Hensgen, Finkel and Manber 1988, Lubachevsky 1989, with the wake-up tree of Mellor-Crummey and
// Scott 1991: who wins is fixed, so nothing is read-modify-written. In round k the lower of two
// that are 2^k apart wins; one without an opponent goes on. 2P - 2 messages an episode, 2 ceil(log2
// P) of them one after the other. Each flag has a line of its own.
template <class Platform = Processors> class TournamentBarrier {
public:
    /// Returns when all have entered. Cost: each but 0 stores once to lose; each opponent beaten is
    /// one read, and one store to wake it up.
    void wait(Participant& self) {
        std::uint32_t round = 0, distance = 1;
        for (; distance < self.count && self.index % (2 * distance) == 0; distance *= 2, ++round)
            if (self.index + distance < self.count)
                wait_until<Platform>(arrived_[self.index][round].word, self.sense);
        if (distance < self.count) { // lost
            arrived_[self.index - distance][round].word.store(self.sense);
            wait_until<Platform>(woken_[self.index].word, self.sense);
        }
        for (distance /= 2; distance != 0; distance /= 2)
            if (self.index + distance < self.count)
                woken_[self.index + distance].word.store(self.sense);
        self.sense ^= 1;
    }

private:
    Line<Platform> arrived_[most_participants][most_rounds]; // [winner][round], set by the loser
    Line<Platform> woken_[most_participants];                // set by the winner
};

} // namespace libos::sync
