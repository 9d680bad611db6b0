// tests/host/booted/tailored_test.cpp - two libOSes, each with a policy of its own: together they
// fault less than with any one policy for both, and exactly as often as the simulator says.

#include <array>
#include <catch2/catch.hpp>

#include "tests/host/booted/simulated.hpp"
#include "tools/simulator/pattern_string.hpp"

using namespace booted;
using bindings::AccessPattern;
using bindings::Pattern;
using command_test::content_of;
using command_test::exo;
using command_test::Scratch;

namespace {

constexpr AccessPattern looper{.pattern = Pattern::cyclic, .pages = 80, .passes = 20};
constexpr AccessPattern mover{.pattern = Pattern::window, .pages = 640, .passes = 5, .window = 64};
constexpr long long tailored = 403 + 787;

struct Row {
    const char* policy;
    long long looper, mover;
};
constexpr std::array table{
    Row{"2q", 654, 1100},     Row{"advised", 1600, 787}, Row{"aging", 422, 1518},
    Row{"car", 1600, 829},    Row{"clock", 1600, 787},   Row{"clock-pro", 403, 1001},
    Row{"fifo", 1600, 913},   Row{"mru", 403, 2934},     Row{"nru", 1600, 803},
    Row{"random", 641, 1146}, Row{"s3-fifo", 1600, 796}, Row{"sieve", 1600, 794},
    Row{"wsclock", 1600, 809}};

long long faults_of(const std::string& policy, const AccessPattern& pattern) {
    return static_cast<long long>(simulated(policy, simulator::string_of(pattern), 64).faults);
}

} // namespace

TEST_CASE("two applications with a policy each fault less than with any one for both", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"tailored", "--", "--all"});
    CAPTURE(guest.ran.errors, content_of(guest.run / "console.log"));
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("sum") == tailored);
    for (const std::string& policy : shipped_policies()) {
        CAPTURE(policy);
        const long long one = guest.number(policy + "_looper");
        const long long other = guest.number(policy + "_mover");
        CHECK(one == faults_of(policy, looper));
        CHECK(other == faults_of(policy, mover));
    }
    for (const Row& row : table) {
        CAPTURE(row.policy);
        CHECK(guest.number(std::string(row.policy) + "_looper") == row.looper);
        CHECK(guest.number(std::string(row.policy) + "_mover") == row.mover);
        CHECK(row.looper + row.mover > tailored);
    }
    CHECK(exo({"verify", guest.run.string()}).code == 0);
    const command_test::Ran replayed = exo({"sim", "--run", guest.run.string()});
    CHECK(replayed.code == 0);
    CHECK_THAT(replayed.output, Catch::Contains(std::to_string(2 * shipped_policies().size() + 2) +
                                                " pagers replayed"));
}

TEST_CASE("the tailored pair runs by itself, and each policy is the one that was asked for",
          "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"tailored", "--frames", "48"});
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("looper") == guest.number("faults")); // the run's figures are its own
    CHECK(guest.number("looper") + guest.number("mover") == guest.number("sum"));
    const auto frames = [](const std::string& policy, const AccessPattern& pattern) {
        return static_cast<long long>(simulated(policy, simulator::string_of(pattern), 48).faults);
    };
    CHECK(guest.number("looper") == frames("mru", looper));
    CHECK(guest.number("mover") == frames("clock", mover));
    CHECK_THAT(content_of(guest.run / "console.log"),
               Catch::Contains("[3] 3200 accesses to 640 pages"));
    const Guest other =
        boot(scratch, "other", {"tailored", "--policy", "fifo", "--", "--mover", "sieve"});
    REQUIRE(other.ran.code == 0);
    CHECK(other.number("looper") == 1600);
    CHECK(other.number("mover") == 794);
    const Guest wrong = boot(scratch, "wrong", {"tailored", "--", "--mover", "no-such"});
    CHECK(wrong.ran.code == 6);
    CHECK_THAT(wrong.ran.errors + content_of(wrong.run / "console.log"),
               Catch::Contains("the mover has ended under no-such"));
    CHECK(boot(scratch, "word", {"tailored", "--", "--movers", "clock"}).ran.code == 6);
}
