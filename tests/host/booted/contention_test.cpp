// tests/host/booted/contention_test.cpp - locks and barriers on several processors: exact counts of
// the lines that pass between them.

#include <bit>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/host/booted/guest.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

namespace {

constexpr long long rounds = 100; // of each processor

// What an experiment's row says, a round.
struct Row {
    long long remote_reads, remote_writes, invalidations;
    friend bool operator==(const Row&, const Row&) = default;
};
Row row_of(const Guest& guest, const std::string& name, long long all) {
    const auto figure = [&](const char* what) {
        const long long number = guest.number(fmt::format("lines_{}_{}", name, what));
        REQUIRE(number >= 0);
        REQUIRE(number % all == 0); // the same in each round
        return number / all;
    };
    return {figure("remote_reads"), figure("remote_writes"), figure("invalidations")};
}

} // namespace

TEST_CASE("the lines that locks and barriers pass on processors are those of their papers",
          "[booted]") {
    const Scratch scratch;
    for (const long long processors : {2, 3, 4, 5, 8}) {
        CAPTURE(processors);
        const Guest guest = boot(scratch, std::to_string(processors),
                                 {"contention", "--cpus", std::to_string(processors)});
        CAPTURE(guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        const long long acquisitions = rounds * processors;
        // The next ticket; and each who waits hears of each release.
        const Row central_lock{processors, 2, processors};
        CHECK(row_of(guest, "ticket", acquisitions) == central_lock);
        CHECK(row_of(guest, "writers", acquisitions) == central_lock);
        // The same however many wait (tests/host/sync/locks_test.cpp counts them one by one).
        CHECK(row_of(guest, "mcs", acquisitions) ==
              Row{processors == 3 ? 2 : 3, 4, processors < 4 ? 4 : 5});
        // Its counter comes to all but who was last, its flag to all but who is.
        CHECK(row_of(guest, "central", rounds) ==
              Row{2 * (processors - 1), processors, 2 * (processors - 1)});
        const auto rounds_of_messages = std::bit_width(static_cast<std::uint64_t>(processors - 1));
        const long long messages = processors * static_cast<long long>(rounds_of_messages);
        CHECK(row_of(guest, "dissemination", rounds) == Row{messages, messages, messages});
        const long long least = 2 * processors - 2;
        CHECK(row_of(guest, "tournament", rounds) == Row{least, least, least});
        CHECK(row_of(guest, "tree", rounds).remote_writes == least);
        // Each increment takes the line from another, or none does.
        CHECK(row_of(guest, "together", acquisitions) == Row{1, 1, 1});
        CHECK(row_of(guest, "apart", acquisitions) == Row{0, 0, 0});
        CHECK(guest.number("lines_together_shared") == 1);
        CHECK(guest.number("lines_apart_shared") == 0);
    }
}

TEST_CASE("a lock's waiting grows with the processors, its latency does not", "[booted]") {
    const Scratch scratch;
    const Guest two = boot(scratch, "two", {"contention", "--cpus", "2"});
    const Guest eight = boot(scratch, "eight", {"contention", "--cpus", "8"});
    REQUIRE(two.ran.code == 0);
    REQUIRE(eight.ran.code == 0);
    for (const char* const lock : {"ticket", "mcs", "backoff", "writers"}) {
        CAPTURE(lock);
        CHECK(two.number(fmt::format("{}_alone", lock)) > 0);
        CHECK(eight.number(fmt::format("{}_alone", lock)) ==
              two.number(fmt::format("{}_alone", lock)));
        CHECK(eight.number(fmt::format("{}_waiting", lock)) >
              two.number(fmt::format("{}_waiting", lock)));
    }
    CHECK(eight.number("readers_waiting") == two.number("readers_waiting"));
}

TEST_CASE("two runs of contention have the same counts, line by line", "[booted]") {
    const Scratch scratch;
    const Guest one = boot(scratch, "one", {"contention"});
    const Guest other = boot(scratch, "other", {"contention"});
    REQUIRE(one.ran.code == 0);
    REQUIRE(other.ran.code == 0);
    CHECK(content_of(one.run / "lines.csv") == content_of(other.run / "lines.csv"));
    CHECK(content_of(one.run / "run.faultline") == content_of(other.run / "run.faultline"));
    CHECK_THAT(content_of(one.run / "lines.txt"),
               Catch::Contains("together: line ") && Catch::Contains("written by 0,1,2,3"));
}

TEST_CASE("locks and barriers keep their promises where processors run in parallel", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(
        scratch, "run",
        {"contention", "--cpus", "3", "--profile", "fast", "--no-record", "--", "--rounds", "20"});
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 0);
}

TEST_CASE("one experiment alone is asked for by name", "[booted]") {
    const Scratch scratch;
    const Guest one =
        boot(scratch, "one", {"contention", "--", "--barrier", "tree", "--rounds", "10"});
    REQUIRE(one.ran.code == 0);
    CHECK(one.number("lines_tree_remote_writes") == 60);
    CHECK(one.text("lines_ticket_remote_writes").empty());
    const Guest none = boot(scratch, "none", {"contention", "--", "--lock", "tas"});
    CHECK(none.ran.code == 6);
    CHECK_THAT(none.ran.errors, Catch::Contains("there are: ticket mcs backoff writers readers"));
}

TEST_CASE("lines are counted only where something marks what", "[booted]") {
    const Scratch scratch;
    const Guest unmarked = boot(scratch, "run", {"hello", "--count-lines"});
    CHECK(unmarked.ran.code == 2);
    CHECK_THAT(unmarked.ran.errors, Catch::Contains("count_NAME_begin"));
    const Guest fast = boot(scratch, "run", {"contention", "--count-lines", "--profile", "fast"});
    CHECK(fast.ran.code == 2);
    CHECK_THAT(fast.ran.errors, Catch::Contains("leave out --profile fast"));
}
