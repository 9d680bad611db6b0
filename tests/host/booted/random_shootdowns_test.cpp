// tests/host/booted/random_shootdowns_test.cpp - no stale translation is used, in whatever order
// processors come.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/host/booted/guest.hpp"

using booted::boot;
using booted::Guest;
using command_test::Scratch;

namespace {

Guest random_shootdowns(const Scratch& scratch, std::vector<std::string> options,
                        std::uint64_t rounds, std::uint64_t seed) {
    std::vector<std::string> words{
        "hello",     "--program", FAULTLINE_BUILD "/tests/guests/random-shootdowns", "--cpus", "4",
        "--timeout", "200"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--", std::to_string(rounds), std::to_string(seed)});
    return boot(scratch, fmt::format("run{}", seed), words);
}

} // namespace

TEST_CASE("no processor uses a translation that was taken away, in 2,000 steps of four seeds",
          "[booted]") {
    const Scratch scratch;
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
        std::vector<std::string> options{"--no-record"};
        if (seed == 4) // on the kernel that checks what it holds
            options.insert(options.end(), {"--kernel", FAULTLINE_BUILD "/exokernel-checked.elf"});
        const Guest guest = random_shootdowns(scratch, options, 500, seed);
        CAPTURE(seed, guest.ran.output, guest.ran.errors);
        CHECK(guest.ran.code == 0);
        CHECK(guest.number("processors") == 4);
        CHECK(guest.number("shootdowns") > 100);
    }
}

TEST_CASE("nor where four processors run in parallel, in 10,000 steps", "[booted][long]") {
    const Scratch scratch;
    const Guest guest = random_shootdowns(scratch, {"--no-record", "--profile", "fast"}, 10'000, 5);
    CAPTURE(guest.ran.output, guest.ran.errors);
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("processors") == 4);
    CHECK(guest.number("shootdowns") > 1000);
}
