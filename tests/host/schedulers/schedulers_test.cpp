// tests/host/schedulers/schedulers_test.cpp - the libOS's schedulers, driven by a model of slices.

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <rapidcheck.h>
#include <vector>

#include "libos/schedulers/scheduler_table.hpp"

using namespace libos;

namespace {

// Gives out `slices` of 1,000 ticks among threads that never block; how many each had.
template <class S>
std::vector<std::uint64_t> shares(const std::vector<std::uint32_t>& tickets, std::uint64_t slices) {
    S scheduler;
    std::vector<Schedulable> threads(tickets.size());
    for (std::size_t i = 0; i != threads.size(); ++i) {
        threads[i].tickets = tickets[i];
        scheduler.add(threads[i]);
    }
    std::vector<std::uint64_t> had(threads.size());
    for (; slices != 0; --slices) {
        Schedulable* const next = scheduler.take();
        REQUIRE(next != nullptr);
        ++had[static_cast<std::size_t>(next - threads.data())];
        if constexpr (AccountingScheduler<S>)
            scheduler.used(*next, 1000);
        scheduler.add(*next);
    }
    return had;
}

} // namespace

TEST_CASE("round robin takes threads in the order in which they became runnable", "[schedulers]") {
    RoundRobin scheduler;
    std::array<Schedulable, 3> threads;
    CHECK_FALSE(scheduler.any());
    CHECK(scheduler.take() == nullptr);
    for (Schedulable& thread : threads)
        scheduler.add(thread);
    CHECK(scheduler.any());
    CHECK(scheduler.take() == &threads[0]);
    scheduler.add(threads[0]);
    CHECK(scheduler.take() == &threads[1]);
    CHECK(scheduler.take() == &threads[2]);
    CHECK(scheduler.take() == &threads[0]);
    CHECK(scheduler.take() == nullptr);
    scheduler.add(threads[2]); // after it was empty
    CHECK(scheduler.take() == &threads[2]);
}

TEST_CASE("round robin gives each the same, whatever the tickets", "[schedulers]") {
    CHECK(shares<RoundRobin>({3, 2, 1}, 600) == std::vector<std::uint64_t>{200, 200, 200});
}

TEST_CASE("stride keeps 3:2:1 to one slice", "[schedulers]") {
    CHECK(shares<Stride>({3, 2, 1}, 600) == std::vector<std::uint64_t>{300, 200, 100});
    for (std::uint64_t slices = 1; slices != 60; ++slices) {
        const auto had = shares<Stride>({3, 2, 1}, slices);
        for (std::size_t i = 0; i != 3; ++i) {
            const std::uint64_t due = slices * (3 - i); // sixths
            CHECK((had[i] * 6 > due ? had[i] * 6 - due : due - had[i] * 6) <= 6);
        }
    }
}

TEST_CASE("of threads with equal tickets stride takes the one that waits longest", "[schedulers]") {
    Stride scheduler;
    std::array<Schedulable, 3> threads;
    for (Schedulable& thread : threads)
        scheduler.add(thread);
    for (unsigned i = 0; i != 12; ++i) {
        Schedulable* const next = scheduler.take();
        CHECK(next == &threads[i % 3]);
        scheduler.used(*next, 500);
        scheduler.add(*next);
    }
}

TEST_CASE("a thread that slept has saved nothing up", "[schedulers]") {
    Stride scheduler;
    std::array<Schedulable, 2> threads;
    scheduler.add(threads[0]);
    for (unsigned i = 0; i != 1000; ++i) {
        scheduler.take();
        scheduler.used(threads[0], 1000);
        scheduler.add(threads[0]);
    }
    scheduler.add(threads[1]);
    unsigned in_a_row = 0;
    while (scheduler.take() == &threads[1]) {
        ++in_a_row;
        scheduler.used(threads[1], 1000);
        scheduler.add(threads[1]);
    }
    CHECK(in_a_row <= 2);
}

TEST_CASE("a thread with no tickets is treated as one with one", "[schedulers]") {
    CHECK(shares<Stride>({0, 1}, 100) == std::vector<std::uint64_t>{50, 50});
}

TEST_CASE("stride keeps any tickets to within the number of threads", "[schedulers][property]") {
    const auto property = [] {
        const auto count = *rc::gen::inRange<std::size_t>(1, 9);
        const auto tickets = *rc::gen::container<std::vector<std::uint32_t>>(
            count, rc::gen::inRange<std::uint32_t>(1, 64));
        const auto slices = *rc::gen::inRange<std::uint64_t>(1, 2000);
        const auto had = shares<Stride>(tickets, slices);
        std::uint64_t all = 0;
        for (const std::uint32_t of_one : tickets)
            all += of_one;
        bool near = true;
        for (std::size_t i = 0; i != count; ++i) {
            const double due = static_cast<double>(slices) * tickets[i] / static_cast<double>(all);
            const double off = std::abs(static_cast<double>(had[i]) - due);
            near = near && off <= static_cast<double>(count) + 1;
        }
        RC_ASSERT(near);
    };
    CHECK(rc::check(property));
}

TEST_CASE("schedulers are found by name", "[schedulers]") {
    REQUIRE(find_scheduler("stride") != nullptr);
    CHECK(find_scheduler("stride")->used != nullptr);
    REQUIRE(find_scheduler("round-robin") != nullptr);
    CHECK(find_scheduler("round-robin")->used == nullptr);
    CHECK(find_scheduler("lottery") == nullptr);
}
