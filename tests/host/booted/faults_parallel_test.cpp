// tests/host/booted/faults_parallel_test.cpp - page faults on several processors: in private ranges
// no line passes between them, in shared ones those of the locks and of the exokernel do.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/host/booted/guest.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

TEST_CASE("faults in private ranges pass no line between processors, those in shared ranges do",
          "[booted]") {
    const Scratch scratch;
    constexpr long long pages = 33; // of each in a range: 32 counted ones, and the first
    long long private_instructions = 0, shared_writes = 0; // for one fault, among fewer processors
    for (const long long processors : {2, 4, 8}) {
        CAPTURE(processors);
        const Guest guest = boot(scratch, std::to_string(processors),
                                 {"faults-parallel", "--cpus", std::to_string(processors)});
        const Guest unrecorded =
            boot(scratch, std::to_string(processors) + "-unrecorded",
                 {"faults-parallel", "--cpus", std::to_string(processors), "--no-record"});
        REQUIRE(unrecorded.ran.code == 0);
        CAPTURE(guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        CHECK(guest.number("faults_taken") == processors * 2 * pages); // no other, none twice
        CHECK(guest.number("wrong_pages") == 0);
        // The pages, and a table with its links for each processor and range.
        CHECK(guest.number("frames_given_back") == processors * 2 * (pages + 2));
        for (const char* const what :
             {"shared", "remote_reads", "remote_writes", "invalidations"}) {
            CHECK(guest.number(fmt::format("lines_private_{}", what)) == 0);
            CHECK(unrecorded.number(fmt::format("lines_private_{}", what)) == 0);
        }
        CHECK(guest.number("private_interrupts") == 0);
        CHECK(guest.number("private_flushes") == 0);
        // One costs the same, however many do it at the same time.
        if (private_instructions != 0)
            CHECK(unrecorded.number("private_fault") == private_instructions);
        private_instructions = unrecorded.number("private_fault");
        // Each installs the page in the tables of all, by a call that takes the exokernel's lock:
        // the more there are, the more passes for one fault.
        const long long faults = processors * (pages - 1);
        CHECK(guest.number("lines_shared_remote_writes") > faults * shared_writes);
        shared_writes = guest.number("lines_shared_remote_writes") / faults;
        CHECK(shared_writes >= 1);
        const std::string lines = content_of(guest.run / "lines.txt");
        for (const char* const line : {"next_ticket", "AddressRanges::handle"})
            CHECK_THAT(lines, Catch::Contains(line));
        CHECK(lines.find("private: line") == std::string::npos);
    }
}

TEST_CASE("ranges keep what is written where processors run in parallel", "[booted]") {
    const Scratch scratch;
    const Guest guest =
        boot(scratch, "run", {"faults-parallel", "--cpus", "3", "--profile", "fast"});
    CAPTURE(guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("wrong_pages") == 0);
    CHECK(guest.number("faults_taken") == 198); // three of 33 in each of two ranges
}

TEST_CASE("two runs of faults-parallel have the same counts, line by line", "[booted]") {
    const Scratch scratch;
    const Guest one = boot(scratch, "one", {"faults-parallel"});
    const Guest other = boot(scratch, "other", {"faults-parallel"});
    REQUIRE(one.ran.code == 0);
    REQUIRE(other.ran.code == 0);
    CHECK(content_of(one.run / "lines.csv") == content_of(other.run / "lines.csv"));
}

TEST_CASE("one processor has nobody to share ranges with", "[booted]") {
    const Scratch scratch;
    const Guest one = boot(scratch, "one", {"faults-parallel", "--cpus", "1"});
    CHECK(one.ran.code != 0);
    CHECK_THAT(one.ran.errors, Catch::Contains("--cpus 2"));
    const Guest many = boot(scratch, "many", {"faults-parallel", "--", "--pages", "64"});
    CHECK(many.ran.code != 0);
    CHECK_THAT(many.ran.errors, Catch::Contains("from 1 to 63"));
}
