// libos/schedulers/stride.hpp - proportional shares: a thread gets processor time in proportion to
// its tickets. (Waldspurger and Weihl, "Stride Scheduling: Deterministic Proportional-Share
// Resource Management", MIT LCS TM-528, 1995.)
//
// Each thread has a pass, its time divided by its tickets; the one with the least runs next, and of
// equals the one that became runnable first. The textbook adds one stride a quantum; here the time
// that was really used counts, so that a thread which blocks early, or is stopped late, is charged
// for what it had. A thread that comes back, or a new one, begins at the pass of the one taken
// last: sleeping saves nothing up.

#pragma once

#include "libos/schedulers/scheduler.hpp"

namespace libos {

class Stride {
public:
    static constexpr const char* name = "stride";

    void add(Schedulable& thread) {
        if (thread.pass < now_)
            thread.pass = now_;
        Schedulable** place = &first_;
        while (*place != nullptr && (*place)->pass <= thread.pass)
            place = &(*place)->next;
        thread.next = *place;
        *place = &thread;
    }

    Schedulable* take() {
        Schedulable* const thread = first_;
        if (thread == nullptr)
            return nullptr;
        first_ = thread->next;
        now_ = thread->pass;
        return thread;
    }

    bool any() const { return first_ != nullptr; }

    void used(Schedulable& thread, std::uint64_t ticks) {
        thread.pass += ticks * unit / (thread.tickets == 0 ? 1 : thread.tickets);
    }

private:
    static constexpr std::uint64_t unit = 1024; // so that the division loses little

    Schedulable* first_ = nullptr; // by pass
    std::uint64_t now_ = 0;
};

} // namespace libos
