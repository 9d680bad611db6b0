// libos/schedulers/scheduler.hpp - what decides which thread runs next.
//
// A scheduler is one file, as a policy is: a class with `add` and `take`, and `used` if it wants to
// know how long a thread had the processor. The exokernel gives the libOS slices and chooses
// nothing; the libOS's threads share them as the scheduler says (threads.hpp). A scheduler makes no
// system call and allocates nothing; it is called with upcalls disabled.

#pragma once

#include <concepts>
#include <cstdint>

namespace libos {

// The part of a thread that a scheduler knows.
struct Schedulable {
    Schedulable* next = nullptr; // the scheduler's, while the thread is runnable
    std::uint32_t tickets = 1;   // its share, against those of the others
    std::uint64_t pass = 0;      // the scheduler's
};

template <class T>
concept SchedulerFile = requires(T scheduler, Schedulable& thread) {
    { T::name } -> std::convertible_to<const char*>;
    { scheduler.add(thread) } -> std::same_as<void>;    // it is runnable from now on
    { scheduler.take() } -> std::same_as<Schedulable*>; // the next to run; null: none is runnable
    { scheduler.any() } -> std::same_as<bool>;          // whether one is
};

template <class T>
concept AccountingScheduler = requires(T scheduler, Schedulable& thread, std::uint64_t ticks) {
    scheduler.used(thread, ticks); // it had the processor so long, before it is added again
};

// A scheduler that was chosen at run time.
struct Scheduler {
    const char* name;
    void (*add)(Schedulable& thread);
    Schedulable* (*take)();
    bool (*any)();
    void (*used)(Schedulable& thread, std::uint64_t ticks); // null: it does not want to know
};

template <SchedulerFile T> inline T the_scheduler{};

template <SchedulerFile T> constexpr Scheduler scheduler_of() {
    Scheduler scheduler{.name = T::name,
                        .add = [](Schedulable& thread) { the_scheduler<T>.add(thread); },
                        .take = [] { return the_scheduler<T>.take(); },
                        .any = [] { return the_scheduler<T>.any(); },
                        .used = nullptr};
    if constexpr (AccountingScheduler<T>)
        scheduler.used = [](Schedulable& thread, std::uint64_t ticks) {
            the_scheduler<T>.used(thread, ticks);
        };
    return scheduler;
}

} // namespace libos
