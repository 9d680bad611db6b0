// libos/sync/tree_barrier.hpp - up a tree with four children each, down one with two.

#pragma once

#include "libos/sync/participant.hpp"
#include "libos/sync/shared_memory.hpp"

namespace libos::sync {

// The tree barrier of Mellor-Crummey and Scott 1991. 2P - 2 messages an episode, the least there
// can be, about log4 P + log2 P of them one after the other. Unlike there, children store the sense
// and parents reset nothing. Each waits on lines of its own: one for its children, one to be woken
// up.
template <class Platform = Processors> class TreeBarrier {
public:
    /// Returns when all have entered. Cost: each but 0 stores once to its parent; at most four
    /// reads of its children's line, at most two stores to wake others up.
    void wait(Participant& self) {
        for (std::uint32_t i = 0; i != arrival && arrival * self.index + i + 1 < self.count; ++i)
            wait_until<Platform>(arrived_[self.index].child[i], self.sense);
        if (self.index != 0) {
            const std::uint32_t above = self.index - 1;
            arrived_[above / arrival].child[above % arrival].store(self.sense);
            wait_until<Platform>(woken_[self.index].word, self.sense);
        }
        for (std::uint32_t i = 1; i <= wakeup && wakeup * self.index + i < self.count; ++i)
            woken_[wakeup * self.index + i].word.store(self.sense);
        self.sense ^= 1;
    }

private:
    static constexpr std::uint32_t arrival = 4, wakeup = 2; // children of a node
    struct alignas(line_bytes) Children {
        typename Platform::Word child[arrival];
    };
    Children arrived_[most_participants]; // set by the children
    Line<Platform> woken_[most_participants];
};

} // namespace libos::sync
