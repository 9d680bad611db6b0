// tests/host/booted/join_test.cpp - what it gains that the application says how it uses its pages,
// in exact counts; the recording of it can be watched and replayed.

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/host/booted/simulated.hpp"

using namespace booted;
using command_test::content_of;
using command_test::exo;
using command_test::Scratch;

namespace {

struct Row {
    const char* policy;
    long long faults; // and as many pages read: nobody but `advised` reads along
};
// As apps/join/README.md has them.
constexpr Row told_nothing[] = {{"2q", 2078},      {"s3-fifo", 2186}, {"aging", 2208},
                                {"sieve", 2283},   {"car", 2352},     {"clock", 2452},
                                {"wsclock", 2478}, {"nru", 2764},     {"clock-pro", 2570},
                                {"random", 3415},  {"fifo", 3418},    {"mru", 56593}};

Guest join(const Scratch& scratch, const std::string& name, std::vector<std::string> words) {
    words.insert(words.begin(), "join");
    return boot(scratch, name, std::move(words));
}

void check_counts(const Guest& guest, long long faults, long long reads) {
    CAPTURE(guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("join_faults") == faults);
    CHECK(guest.number("join_reads") == reads);
    CHECK(guest.number("policy_fallbacks") == 0);
}

} // namespace

TEST_CASE("an application that says how it uses its pages faults an eighth as often", "[booted]") {
    const Scratch scratch;
    const Guest told = join(scratch, "told", {});
    check_counts(told, 310, 1220);
    const Guest silent = join(scratch, "silent", {"--no-record", "--", "--no-advice"});
    check_counts(silent, 2452, 2452);
    CHECK(told.text("sum") == silent.text("sum")); // advice changes nothing but the cost
    CHECK(exo({"verify", told.run.string()}).code == 0);
    const command_test::Ran replayed = exo({"sim", "--run", told.run.string()});
    CHECK(replayed.code == 0);
    CHECK_THAT(replayed.output, Catch::Contains("1 pager replayed, every"));
}

TEST_CASE("no policy that is told nothing comes near the one that is told", "[booted]") {
    const Scratch scratch;
    const std::vector<std::string> shipped = shipped_policies();
    for (const auto& [policy, faults] : told_nothing) {
        CAPTURE(policy);
        CHECK(std::ranges::count(shipped, policy) == 1);
        check_counts(join(scratch, policy, {"--policy", policy, "--no-record"}), faults, faults);
        CHECK(faults > 6LL * 310);
    }
}

TEST_CASE("advice is worth something with few frames and with many", "[booted]") {
    const Scratch scratch;
    const auto silent = [&](const std::string& frames) {
        return join(scratch, "silent" + frames,
                    {"--frames", frames, "--no-record", "--", "--no-advice"});
    };
    check_counts(join(scratch, "few", {"--frames", "64", "--no-record"}), 7824, 8506);
    check_counts(silent("64"), 8823, 8823);
    check_counts(join(scratch, "many", {"--frames", "512", "--no-record"}), 87, 778);
    check_counts(silent("512"), 1249, 1249);
}

TEST_CASE("join refuses what does not fit, and words that it does not know", "[booted]") {
    const Scratch scratch;
    const Guest large = join(scratch, "large", {"--", "--orders", "1025"});
    CHECK(large.ran.code == 6);
    CHECK_THAT(large.ran.errors, Catch::Contains("the disk has 1280 blocks"));
    const Guest none = join(scratch, "none", {"--", "--customers", "0"});
    CHECK(none.ran.code == 6);
    CHECK_THAT(none.ran.errors, Catch::Contains("--customers must be a number from 1"));
    const Guest word = join(scratch, "word", {"--", "--hint"});
    CHECK(word.ran.code == 6);
    CHECK_THAT(word.ran.errors, Catch::Contains("there is no argument `--hint`"));
}

TEST_CASE("what an application is done with goes first, what it will need is read ahead",
          "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run",
                             {"hello", "--program", FAULTLINE_BUILD "/tests/guests/advising",
                              "--policy", "advised", "--frames", "8"});
    CAPTURE(guest.ran.errors, content_of(guest.run / "console.log"));
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("cold") == 8);
    CHECK(guest.number("others") == 2);
    CHECK(guest.number("kept") == 0);
    CHECK(guest.number("given_up") == 1);
    CHECK(guest.number("read_ahead") == 4);
    CHECK(guest.number("read") == 4);
    CHECK(exo({"verify", guest.run.string()}).code == 0);
    CHECK(exo({"sim", "--run", guest.run.string()}).code == 0);
    // The same advice to a policy that does not listen.
    const Guest deaf = boot(scratch, "deaf",
                            {"hello", "--program", FAULTLINE_BUILD "/tests/guests/advising",
                             "--policy", "fifo", "--frames", "8"});
    REQUIRE(deaf.ran.code == 0);
    CHECK(deaf.number("kept") > 0);
    CHECK(exo({"sim", "--run", deaf.run.string()}).code == 0);
}
