// libos/schedulers/round_robin.hpp - runnable threads take turns, in the order in which they became
// runnable. Tickets mean nothing to it.

#pragma once

#include "libos/schedulers/scheduler.hpp"

namespace libos {

class RoundRobin {
public:
    static constexpr const char* name = "round-robin";

    void add(Schedulable& thread) {
        thread.next = nullptr;
        *end_ = &thread;
        end_ = &thread.next;
    }

    Schedulable* take() {
        Schedulable* const thread = first_;
        if (thread == nullptr)
            return nullptr;
        first_ = thread->next;
        if (first_ == nullptr)
            end_ = &first_;
        return thread;
    }

    bool any() const { return first_ != nullptr; }

private:
    Schedulable* first_ = nullptr;
    Schedulable** end_ = &first_;
};

} // namespace libos
