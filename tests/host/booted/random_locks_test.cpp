// tests/host/booted/random_locks_test.cpp - locks exclude, barriers hold back, and who sleeps is
// woken up, in whatever order processors come.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/host/booted/guest.hpp"

using booted::boot;
using booted::Guest;
using command_test::Scratch;

namespace {

Guest random_locks(const Scratch& scratch, std::vector<std::string> options, std::uint64_t rounds,
                   std::uint64_t seed) {
    std::vector<std::string> words{
        "hello",  "--program",  FAULTLINE_BUILD "/tests/guests/random-locks",
        "--cpus", "4",          "--timeout",
        "600",    "--no-record"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--", std::to_string(rounds), std::to_string(seed)});
    return boot(scratch, fmt::format("run{}", seed), words);
}

} // namespace

TEST_CASE("four processors keep to each lock and barrier, and sleepers are woken up, in 2,000 "
          "rounds of four seeds",
          "[booted]") {
    const Scratch scratch;
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
        const Guest guest = random_locks(scratch, {}, 500, seed);
        CAPTURE(seed, guest.ran.output, guest.ran.errors);
        CHECK(guest.ran.code == 0);
        CHECK(guest.number("processors") == 4);
        CHECK(guest.number("sleeps") > 100);
        CHECK(guest.number("entered") > 2000);
    }
}

TEST_CASE("so they do where they run in parallel, in 10,000 rounds", "[booted][long]") {
    const Scratch scratch;
    const Guest guest = random_locks(scratch, {"--profile", "fast"}, 10'000, 5);
    CAPTURE(guest.ran.output, guest.ran.errors);
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("processors") == 4);
    CHECK(guest.number("sleeps") > 2000);
    CHECK(guest.number("entered") > 40'000);
}
