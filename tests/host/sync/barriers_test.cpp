// tests/host/sync/barriers_test.cpp - barriers among threads, in drawn schedules, and their
// messages.

#include <algorithm>
#include <atomic>
#include <bit>
#include <catch2/catch.hpp>
#include <memory>

#include "libos/sync/central_barrier.hpp"
#include "libos/sync/dissemination_barrier.hpp"
#include "libos/sync/tournament_barrier.hpp"
#include "libos/sync/tree_barrier.hpp"
#include "tests/host/sync/processors.hpp"

namespace {

using namespace libos::sync;
using profiler::Traffic;
using sync_test::Counted;
using sync_test::in_threads;
using sync_test::Machine;
using sync_test::Threads;

// How often somebody who had left an episode saw another who had not entered it, or who was more
// than one ahead.
class Episodes {
public:
    explicit Episodes(std::uint32_t count) : entered_(count) {}

    void enter(std::uint32_t self, std::uint64_t episode) { entered_[self] = episode; }
    void leave(std::uint64_t episode) {
        for (const auto& entered : entered_)
            if (entered < episode || entered > episode + 1)
                ++wrong;
    }
    std::atomic<std::uint64_t> wrong = 0;

private:
    std::vector<std::atomic<std::uint64_t>> entered_;
};

template <class Barrier> std::uint64_t wrong_among_threads(std::uint32_t count) {
    const auto barrier = std::make_unique<Barrier>();
    Episodes episodes{count};
    in_threads(count, [&](std::uint32_t index) {
        Participant self{index, count};
        for (std::uint64_t episode = 1; episode <= 2000; ++episode) {
            episodes.enter(index, episode);
            barrier->wait(self);
            episodes.leave(episode);
        }
    });
    return episodes.wrong;
}

constexpr std::uint64_t counted_episodes = 20;

struct Run {
    std::uint64_t wrong = 0;
    Traffic traffic; // of counted_episodes, behind those in which flags are written first
};

template <class Barrier> Run counted(std::uint32_t count, std::uint64_t seed = 0) {
    const auto barrier = std::make_unique<Barrier>();
    Episodes episodes{count};
    Machine machine{count, seed};
    machine.run([&](std::uint32_t index) {
        Participant self{index, count};
        for (std::uint64_t episode = 1; episode <= counted_episodes + 4; ++episode) {
            machine.count_own(episode > 4);
            episodes.enter(index, episode);
            barrier->wait(self);
            episodes.leave(episode);
        }
    });
    return {episodes.wrong, machine.counted()};
}

std::uint64_t rounds_of(std::uint32_t count) {
    return static_cast<std::uint64_t>(std::bit_width(count - 1));
}

} // namespace

TEST_CASE("nobody leaves an episode before all have entered it, in thousands of them", "[sync]") {
    for (std::uint32_t count = 1; count <= most_participants; ++count) {
        CAPTURE(count);
        CHECK(wrong_among_threads<CentralBarrier<Threads>>(count) == 0);
        CHECK(wrong_among_threads<DisseminationBarrier<Threads>>(count) == 0);
        CHECK(wrong_among_threads<TournamentBarrier<Threads>>(count) == 0);
        CHECK(wrong_among_threads<TreeBarrier<Threads>>(count) == 0);
    }
}

TEST_CASE(
    "an episode has P ceil(log2 P) messages by dissemination and 2P - 2 along trees, in every "
    "schedule",
    "[sync]") {
    for (std::uint32_t count = 1; count <= most_participants; ++count)
        for (std::uint64_t seed = 0; seed != 3; ++seed) {
            CAPTURE(count, seed);
            const Run dissemination = counted<DisseminationBarrier<Counted>>(count, seed);
            CHECK(dissemination.wrong == 0);
            const std::uint64_t all = counted_episodes * count * rounds_of(count);
            CHECK(dissemination.traffic.remote_writes == all);
            CHECK(dissemination.traffic.remote_reads == all);
            CHECK(dissemination.traffic.invalidations == all);
            const std::uint64_t least = counted_episodes * (2 * count - 2);
            const Run tournament = counted<TournamentBarrier<Counted>>(count, seed);
            CHECK(tournament.wrong == 0);
            CHECK(tournament.traffic.remote_writes == least);
            CHECK(tournament.traffic.remote_reads == least);
            CHECK(tournament.traffic.invalidations == least);
            const Run tree = counted<TreeBarrier<Counted>>(count, seed);
            CHECK(tree.wrong == 0);
            CHECK(tree.traffic.remote_writes == least);
        }
}

TEST_CASE("a central barrier passes its counter on and its flag to all", "[sync]") {
    for (std::uint32_t count = 2; count <= most_participants; ++count) {
        CAPTURE(count);
        const Run run = counted<CentralBarrier<Counted>>(count);
        CHECK(run.wrong == 0);
        // Who comes last goes on at once and comes first to the next episode, with the counter.
        const std::uint64_t others = counted_episodes * (count - 1);
        CHECK(run.traffic.remote_reads == 2 * others);
        CHECK(run.traffic.invalidations == 2 * others);
        CHECK(run.traffic.remote_writes == others + counted_episodes);
    }
    for (std::uint64_t seed = 1; seed != 13; ++seed)
        CHECK(counted<CentralBarrier<Counted>>(static_cast<std::uint32_t>(1 + seed % 8), seed)
                  .wrong == 0);
}
