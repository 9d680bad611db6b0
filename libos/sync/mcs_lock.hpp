// libos/sync/mcs_lock.hpp - a queue in which each waits on a line of its own.

#pragma once

#include "libos/sync/shared_memory.hpp"

namespace libos::sync {

// Mellor-Crummey and Scott 1991 (see ticket_lock.hpp), with indices for pointers and one node for
// each participant: it holds and awaits one such lock at a time. FIFO in the order in which `tail_`
// was exchanged. O(1) messages an acquisition, however many wait.
template <class Platform = Processors> class McsLock {
public:
    /// Cost: one exchange, and two stores when somebody is before it.
    void acquire(std::uint32_t self) {
        Node& node = nodes_[self];
        node.next.store(nobody);
        const std::uint64_t before = tail_.word.exchange(name_of(self));
        if (before == nobody)
            return;
        node.waiting.store(1);
        nodes_[before - 1].next.store(name_of(self)); // from here on it may be handed over
        wait_until<Platform>(node.waiting, 0);
    }

    /// By the holder. Cost: one store, in the line on which the next one spins; without a next one,
    /// a compare-and-exchange. Waits for one who has come but not yet told its name.
    void release(std::uint32_t self) {
        const Node& node = nodes_[self];
        if (node.next.load() == nobody) {
            if (tail_.word.compare_exchange(name_of(self), nobody))
                return;
            while (node.next.load() == nobody)
                Platform::pause();
        }
        nodes_[node.next.load() - 1].waiting.store(0);
    }

private:
    static constexpr std::uint64_t nobody = 0;
    static std::uint64_t name_of(std::uint32_t self) { return std::uint64_t{self} + 1; }

    struct alignas(line_bytes) Node {
        typename Platform::Word next;    // the name of who is behind
        typename Platform::Word waiting; // 1 until the lock is handed over
    };
    Line<Platform> tail_; // the name of who came last
    Node nodes_[most_participants];
};

} // namespace libos::sync
