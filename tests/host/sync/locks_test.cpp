// tests/host/sync/locks_test.cpp - locks among threads, in drawn schedules, and what they cost.

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "libos/sync/backoff_lock.hpp"
#include "libos/sync/mcs_lock.hpp"
#include "libos/sync/reader_writer_lock.hpp"
#include "libos/sync/ticket_lock.hpp"
#include "tests/host/sync/processors.hpp"

namespace {

using libos::sync::BackoffLock;
using libos::sync::McsLock;
using libos::sync::most_participants;
using libos::sync::ReaderWriterLock;
using libos::sync::TicketLock;
using profiler::Traffic;
using sync_test::Counted;
using sync_test::in_threads;
using sync_test::Machine;
using sync_test::Threads;

// As a lock that only writers take.
template <class Platform> class WriterLock {
public:
    void acquire(std::uint32_t) { lock_.acquire_write(); }
    void release(std::uint32_t) { lock_.release_write(); }

private:
    ReaderWriterLock<Platform> lock_;
};

// What `threads` threads count together when each adds `rounds` times.
template <class Lock> std::uint64_t count_together(std::uint32_t threads, std::uint64_t rounds) {
    const auto lock = std::make_unique<Lock>();
    std::uint64_t count = 0;
    in_threads(threads, [&](std::uint32_t self) {
        for (std::uint64_t i = 0; i != rounds; ++i) {
            lock->acquire(self);
            const std::uint64_t seen = count;
            if (i % 16 == 0)
                Threads::pause();
            count = seen + 1;
            lock->release(self);
        }
    });
    return count;
}

struct Seen {
    std::vector<std::uint32_t> arrived, entered; // who, in which order
    std::uint32_t most_inside = 0;
};

// Locks and unlocks in a schedule that `seed` draws at each access.
template <class Lock> Seen drawn(std::uint32_t processors, std::uint64_t seed) {
    const auto lock = std::make_unique<Lock>();
    Machine machine{processors, seed};
    Seen seen;
    std::uint32_t inside = 0;
    machine.run([&](std::uint32_t self) {
        for (int i = 0; i != 5; ++i) {
            machine.note_own(true);
            lock->acquire(self);
            machine.note_own(false);
            seen.entered.push_back(self);
            seen.most_inside = std::max(seen.most_inside, ++inside);
            Counted::pause();
            --inside;
            lock->release(self);
        }
    });
    seen.arrived = machine.noted();
    return seen;
}

constexpr std::uint64_t acquisitions = 10; // of each processor that are counted

// What each processor's acquisitions and releases cost when all the others wait: each takes turns
// at pauses, holds the lock for one and thinks for one. Those before and behind are not counted.
template <class Lock> Traffic contended(std::uint32_t processors) {
    constexpr std::uint64_t around = 3;
    const auto lock = std::make_unique<Lock>();
    Machine machine{processors};
    machine.run([&](std::uint32_t self) {
        for (std::uint64_t i = 0; i != acquisitions + 2 * around; ++i) {
            machine.count_own(i >= around && i < around + acquisitions);
            lock->acquire(self);
            Counted::pause();
            lock->release(self);
            Counted::pause();
        }
    });
    return machine.counted();
}

// What the release costs while `waiting` wait.
template <class Lock> Traffic release_cost(std::uint32_t waiting) {
    const auto lock = std::make_unique<Lock>();
    Machine machine{waiting + 1};
    machine.run([&](std::uint32_t self) {
        lock->acquire(self);
        if (self == 0) {
            for (int i = 0; i != 3; ++i)
                Counted::pause(); // the others come and look
            machine.count_own(true);
        }
        lock->release(self);
        machine.count_own(false);
    });
    return machine.counted();
}

} // namespace

TEST_CASE("no two threads are in a critical section at a time", "[sync]") {
    for (const std::uint32_t threads : {1u, 2u, 4u, 8u}) {
        CAPTURE(threads);
        const std::uint64_t all = std::uint64_t{500} * threads;
        CHECK(count_together<TicketLock<Threads>>(threads, 500) == all);
        CHECK(count_together<McsLock<Threads>>(threads, 500) == all);
        CHECK(count_together<BackoffLock<Threads>>(threads, 500) == all);
        CHECK(count_together<WriterLock<Threads>>(threads, 500) == all);
    }
}

TEST_CASE("nor two processors, whichever is drawn at each access", "[sync]") {
    for (std::uint64_t seed = 1; seed != 13; ++seed) {
        const auto processors = static_cast<std::uint32_t>(2 + seed % 7);
        CAPTURE(seed, processors);
        for (const Seen& seen : {drawn<TicketLock<Counted>>(processors, seed),
                                 drawn<McsLock<Counted>>(processors, seed),
                                 drawn<BackoffLock<Counted>>(processors, seed),
                                 drawn<WriterLock<Counted>>(processors, seed)}) {
            CHECK(seen.entered.size() == std::size_t{processors} * 5);
            CHECK(seen.most_inside == 1);
        }
    }
}

TEST_CASE("ticket, MCS and reader-writer locks are given in the order of arrival", "[sync]") {
    for (std::uint64_t seed = 1; seed != 13; ++seed) {
        const auto processors = static_cast<std::uint32_t>(2 + seed % 7);
        CAPTURE(seed, processors);
        for (const Seen& seen : {drawn<TicketLock<Counted>>(processors, seed),
                                 drawn<McsLock<Counted>>(processors, seed),
                                 drawn<WriterLock<Counted>>(processors, seed)})
            CHECK(seen.entered == seen.arrived);
    }
}

TEST_CASE("readers are together, writers alone, and all of them get on", "[sync]") {
    std::uint32_t most_readers = 0;
    for (std::uint64_t seed = 1; seed != 13; ++seed) {
        CAPTURE(seed);
        const auto lock = std::make_unique<ReaderWriterLock<Counted>>();
        Machine machine{6, seed};
        std::uint32_t readers = 0, writers = 0, with_writers = 0, entered = 0;
        machine.run([&](std::uint32_t self) {
            for (int i = 0; i != 10; ++i) {
                const bool writes = self < 2;
                writes ? lock->acquire_write() : lock->acquire_read();
                ++(writes ? writers : readers);
                ++entered;
                if (writers != 0)
                    with_writers = std::max(with_writers, writers + readers);
                most_readers = std::max(most_readers, readers);
                Counted::pause();
                --(writes ? writers : readers);
                writes ? lock->release_write() : lock->release_read();
            }
        });
        CHECK(with_writers == 1);
        CHECK(entered == 60);
    }
    CHECK(most_readers > 1);
}

TEST_CASE("readers and writers among threads see whole values", "[sync]") {
    const auto lock = std::make_unique<ReaderWriterLock<Threads>>();
    std::uint64_t first = 0, second = 0;
    std::atomic<std::uint64_t> torn = 0;
    in_threads(6, [&](std::uint32_t self) {
        for (int i = 0; i != 300; ++i) {
            if (self < 2) {
                lock->acquire_write();
                ++first;
                Threads::pause();
                ++second;
                lock->release_write();
            } else {
                lock->acquire_read();
                torn += first != second ? 1 : 0;
                lock->release_read();
            }
        }
    });
    CHECK(torn == 0);
    CHECK(first == 600);
    CHECK(second == 600);
}

TEST_CASE(
    "a ticket lock's release invalidates one copy for each who waits, an MCS lock's a constant",
    "[sync]") {
    for (std::uint32_t waiting = 1; waiting != most_participants; ++waiting) {
        CAPTURE(waiting);
        CHECK(release_cost<TicketLock<Counted>>(waiting).invalidations == waiting);
        CHECK(release_cost<WriterLock<Counted>>(waiting).invalidations == waiting);
        const Traffic mcs = release_cost<McsLock<Counted>>(waiting);
        CHECK(mcs.remote_writes == 1);
        CHECK(mcs.invalidations == (waiting == 1 ? 1 : 2)); // who waits; who has told it its name
    }
}

TEST_CASE("a contended acquisition costs P messages with tickets and four with MCS", "[sync]") {
    for (std::uint32_t processors = 2; processors <= most_participants; ++processors) {
        CAPTURE(processors);
        const std::uint64_t all = acquisitions * processors;
        // The next ticket, and whom it serves once for each release while it waits.
        const Traffic ticket = contended<TicketLock<Counted>>(processors);
        CHECK(ticket.remote_reads == all * processors);
        CHECK(ticket.invalidations == all * processors);
        CHECK(ticket.remote_writes == all * 2);
        // Reads: the tail; its own line after its successor's and its predecessor's writes. Writes:
        // its own line anew, the tail, the predecessor's line, the successor's. (Among three it
        // looks at its own line only when both have written there.)
        const Traffic mcs = contended<McsLock<Counted>>(processors);
        CHECK(mcs.remote_reads == all * (processors == 3 ? 2 : 3));
        CHECK(mcs.remote_writes == all * 4);
        CHECK(mcs.invalidations == all * (processors < 4 ? 4 : 5));
    }
}
