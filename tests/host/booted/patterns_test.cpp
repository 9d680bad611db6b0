// tests/host/booted/patterns_test.cpp - scan's patterns: the guest faults exactly as often as the
// simulator says, and evicts the same pages.

#include <catch2/catch.hpp>

#include "tests/host/booted/simulated.hpp"
#include "tools/simulator/pattern_string.hpp"

using namespace booted;
using bindings::Pattern;
using command_test::content_of;
using command_test::Scratch;

namespace {

// Three passes over 300 pages in 64 frames, one boot for each policy.
void same_as_simulated(Pattern pattern, const std::vector<std::string>& policies) {
    constexpr std::uint64_t seed = 7;
    const bindings::AccessPattern accesses{
        .pattern = pattern, .pages = 300, .passes = 3, .seed = seed};
    const simulator::ReferenceString string = simulator::string_of(accesses);
    const Scratch scratch;
    const std::string name(bindings::pattern_names[static_cast<std::size_t>(pattern)]);
    for (const std::string& policy : policies) {
        CAPTURE(name, policy);
        const Guest guest =
            boot(scratch, policy,
                 {"scan", "--policy", policy, "--frames", "64", "--seed", "7", "--no-record", "--",
                  "--pattern", name, "--pages", "300", "--passes", "3"});
        check_same(guest, simulated(policy, string, 64, seed));
        std::filesystem::remove_all(guest.run);
    }
}

} // namespace

TEST_CASE("a cyclic scan faults as in the simulator", "[booted]") {
    same_as_simulated(Pattern::cyclic, {"fifo", "clock", "mru"});
}

TEST_CASE("a uniform scan faults as in the simulator", "[booted]") {
    same_as_simulated(Pattern::uniform, {"fifo", "clock", "random"});
}

TEST_CASE("a zipf scan faults as in the simulator, with every policy", "[booted]") {
    same_as_simulated(Pattern::zipf, shipped_policies());
}

TEST_CASE("a working set that moves faults as in the simulator", "[booted]") {
    same_as_simulated(Pattern::window, {"clock", "mru", "random"});
}

TEST_CASE("a window that does not fit into the pages is refused", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(
        scratch, "run", {"scan", "--", "--pattern", "window", "--pages", "10", "--window", "11"});
    CHECK(guest.ran.code == 6);
    CHECK_THAT(guest.ran.errors, Catch::Contains("a window of 11 pages does not fit into 10"));
}

TEST_CASE("threads that fault on a page that is being read share the read", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run",
                             {"scan", "--frames", "20", "--", "--pattern", "uniform", "--pages",
                              "1", "--passes", "64", "--threads", "8"});
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("faults") == 8);
    CHECK(guest.number("reads") == 1);
    CHECK_THAT(content_of(guest.run / "console.log"), Catch::Contains("@joined=7\n"));
    CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
}
