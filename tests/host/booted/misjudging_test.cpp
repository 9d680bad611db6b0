// tests/host/booted/misjudging_test.cpp - policies that answer badly, or not at all: the run ends
// well, says so, and its victims are those of the simulator, which has the same policies.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/guests/misjudging/policies.hpp"
#include "tests/host/booted/simulated.hpp"
#include "tools/command/boot_image.hpp"
#include "tools/command/policy_notes.hpp"

using namespace booted;
using command_test::content_of;
using command_test::Scratch;
using simulator::Figures;

namespace {

constexpr std::uint32_t frames = 8;
constexpr std::uint64_t pages = 24;

Guest boot_misjudging(const Scratch& scratch, const std::string& policy,
                      const std::vector<std::string>& more = {}, const char* threads = "1") {
    std::vector<std::string> words{"hello", "--program", FAULTLINE_BUILD "/tests/guests/misjudging",
                                   "--frames", std::to_string(frames)};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--", policy, threads});
    return boot(scratch, "run", words);
}

// What the guest touches: four rounds that write, and one in the end that reads.
simulator::ReferenceString five_rounds() {
    simulator::StringBuilder string;
    for (std::uint64_t i = 0; i != 5 * pages; ++i)
        string.add(i % pages, i < 4 * pages ? simulator::Reference::written : 0);
    return string.take();
}

template <class P> Figures figures_of(const libos::PagingRules& paging = {}) {
    const auto string = five_rounds();
    simulator::Simulation<P> simulation(string, frames, {.paging = paging});
    REQUIRE(simulation.ready());
    return simulation.run();
}

void ends_well(const std::string& policy, const Figures& expected,
               const std::vector<std::string>& options = {}) {
    const Scratch scratch;
    const Guest guest = boot_misjudging(scratch, policy, options);
    CAPTURE(policy, guest.ran.errors, guest.ran.output);
    CHECK(guest.ran.code == 0);
    CHECK(guest.text("policy") == policy);
    CHECK(guest.number("additions") == 4 * pages);
    CHECK(guest.number("faults") == static_cast<long long>(expected.faults));
    CHECK(guest.text("victims_hash") == fmt::format("{:x}", expected.victims_hash));
    CHECK(guest.number("policy_fallbacks") == static_cast<long long>(expected.fallbacks));
    CHECK(guest.number("policy_refused") == static_cast<long long>(expected.refused));
    const std::string told = fmt::format("the policy {} had no good answer for {} of {} victims: "
                                         "FIFO chose those",
                                         policy, expected.fallbacks, expected.evictions);
    CHECK((guest.ran.errors.find(told) != std::string::npos) == (expected.fallbacks != 0));
    CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
}

// The exokernel ends an upcall that is too long; the report says whose it was.
void is_ended(const std::string& policy, const std::vector<std::string>& options) {
    const Scratch scratch;
    const Guest guest = boot_misjudging(scratch, policy, options);
    CAPTURE(policy, guest.ran.errors);
    CHECK(guest.ran.code == 4);
    CHECK(guest.text("outcome") == "environment_killed");
    CHECK_THAT(guest.ran.errors,
               Catch::Contains("environment 1 was ended: upcall too long") &&
                   Catch::Contains("  policy         " + policy +
                                   ", which chooses victims in page_fault and must return\n"));
}

} // namespace

TEST_CASE("a policy that names nothing, or what cannot be, costs the victims that FIFO chooses",
          "[booted]") {
    const Figures fifo = simulated("fifo", five_rounds(), frames);
    for (const Figures& figures :
         {figures_of<misjudging::Nothing>(), figures_of<misjudging::NoSuchFrame>()}) {
        CHECK(figures.victims_hash == fifo.victims_hash);
        CHECK(figures.fallbacks == figures.evictions);
    }
    ends_well("nothing", figures_of<misjudging::Nothing>());
    ends_well("no-such-frame", figures_of<misjudging::NoSuchFrame>());
}

TEST_CASE("a policy that names a page that is not resident is overruled, and nothing is lost",
          "[booted]") {
    ends_well("not-resident", figures_of<misjudging::NotResident>()); // one thread: it always is
    const Scratch scratch;
    const Guest guest = boot_misjudging(scratch, "not-resident", {}, "3");
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("additions") == 12 * pages);
    CHECK(guest.number("policy_fallbacks") > 10);
    CHECK_THAT(guest.ran.errors, Catch::Contains("the policy not-resident had no good answer for"));
    CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
}

TEST_CASE("a policy that names the same page twice loses nothing", "[booted]") {
    const Figures figures = figures_of<misjudging::Twice>({.batch = 4});
    CHECK(figures.refused == 3 * figures.evictions); // one of four is a victim
    CHECK(figures.fallbacks == 0);
    ends_well("twice", figures, {"--batch", "4"});
}

TEST_CASE("a policy may ask four times for each frame, then all bits look clear", "[booted]") {
    const Figures figures = figures_of<misjudging::Inquisitive>();
    CHECK(figures.victims_hash != simulated("fifo", five_rounds(), frames).victims_hash);
    ends_well("inquisitive", figures);
}

TEST_CASE("a policy that loops for ever is ended by the exokernel, and named", "[booted]") {
    is_ended("endless", {});
    is_ended("endless", {"--no-record"});
    is_ended("waiting", {"--no-record"});
}

TEST_CASE("fewer frames than a policy needs: it refuses and says its minimum", "[booted]") {
    const Scratch scratch;
    const Guest few = boot_misjudging(scratch, "demanding");
    CHECK(few.ran.code == 6);
    CHECK_THAT(few.ran.errors, Catch::Contains("libos: the policy `demanding` needs at least 9 "
                                               "frames and was given 8; say `--frames 9`"));
    CHECK(boot_misjudging(scratch, "demanding", {"--frames", "9"}).ran.code == 0);
    const Guest never = boot_misjudging(scratch, "unwilling");
    CHECK(never.ran.code == 6);
    CHECK_THAT(never.ran.errors,
               Catch::Contains("libos: the policy `unwilling` refuses a pool of 8 frames"));
}

TEST_CASE("a policy that comes when pages are mapped already is refused", "[booted]") {
    const Scratch scratch;
    const Guest late = boot_misjudging(scratch, "late");
    CHECK(late.ran.code == 6);
    CHECK_THAT(late.ran.errors,
               Catch::Contains("comes too late; name it before anything is mapped"));
}

TEST_CASE("a manifest without frames is refused by the libOS", "[booted]") {
    const Scratch scratch;
    const std::string program = command::loadable_part(content_of(FAULTLINE_BUILD "/apps/trace"));
    const auto archive =
        scratch.file("archive.tar",
                     *command::bootable_archive("app=trace\nframes=0\nrecord=1\nfile=trace 256 48\n"
                                                "file=pages 257 24576\n",
                                                {{"trace", program}}));
    const Guest guest = boot(scratch, "run", {"trace", "--archive", archive.string()});
    CHECK(guest.ran.code == 6);
    CHECK_THAT(
        guest.ran.errors,
        Catch::Contains("the pager needs at least 3 frames and was given 0; say `--frames 3`"));
}

TEST_CASE("before booting, too few frames for a policy are refused with its minimum",
          "[command][simulator]") {
    const simulator::SimulatedPolicy demanding{"demanding", "", nullptr, nullptr, 9};
    CHECK(command::enough_frames(demanding, 9).has_value());
    const auto refused = command::enough_frames(demanding, 8);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == command::ExitCode::usage);
    CHECK(refused.error().message ==
          "--frames 8: the policy demanding needs at least 9; say --frames 9 or more");
    CHECK(libos::least_frames_of<misjudging::Demanding>() == 9);
    CHECK(libos::least_frames_of<misjudging::Nothing>() == 1);
}

TEST_CASE("every policy serves any number of frames from its minimum on, and none below",
          "[simulator]") {
    const auto string = five_rounds();
    for (const simulator::SimulatedPolicy& policy : simulator::simulated_policies())
        for (const simulator::Run run : {policy.hardware, policy.exact}) {
            if (run == nullptr)
                continue;
            const simulator::Rules rules{.mode = run == policy.exact ? simulator::Mode::exact
                                                                     : simulator::Mode::hardware};
            CAPTURE(std::string(policy.name));
            for (std::uint32_t size = policy.least_frames; size != policy.least_frames + 70; ++size)
                CHECK(run(string, size, rules).has_value());
            for (std::uint32_t size = 1; size < policy.least_frames; ++size)
                CHECK_FALSE(run(string, size, rules).has_value());
        }
}

TEST_CASE("what a policy reads along and writes together is the simulator's too",
          "[booted][rules]") {
    const std::pair<std::vector<std::string>, libos::PagingRules> rules[] = {
        {{}, {}},
        {{"--batch", "3"}, {.batch = 3}},
        {{"--cluster", "4", "--early", "6"}, {.cluster = 4, .early = 6}},
    };
    const Scratch scratch;
    for (const auto& [options, paging] : rules) {
        const Guest guest = boot_misjudging(scratch, "ahead", options);
        const Figures expected = figures_of<misjudging::Ahead>(paging);
        CAPTURE(options, guest.ran.errors);
        CHECK(expected.prefetched > pages);
        CHECK(guest.number("prefetched") == static_cast<long long>(expected.prefetched));
        check_same(guest, expected);
        CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
        std::filesystem::remove_all(guest.run);
    }
}
