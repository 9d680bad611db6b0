// tests/host/booted/forgery_test.cpp - a libOS that lies in its own recording ring: each lie is
// flagged by name, and what is recorded of others stays as it is without it.

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "tests/host/booted/guest.hpp"
#include "tools/command/child.hpp"
#include "tools/recorder/recorder.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/verifier/verify.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/walk.hpp"

using booted::Guest;
using command_test::Scratch;
using recording::Event;
using recording::Reason;
using recording::Recording;

namespace {

// `wc` is in the archive of `pair`; tests/guests/forger takes the place of its first program.
Guest boot_forger(const Scratch& scratch, const std::string& how, const char* region = "32M") {
    const auto file = scratch.file("text", booted::noise(200'007, 11));
    const Guest guest = booted::boot(scratch, how,
                                     {"pair", "--program", FAULTLINE_BUILD "/tests/guests/forger",
                                      "--region", region, "--file", file.string(), "--", how});
    CAPTURE(how, guest.ran.errors, command_test::content_of(guest.run / "console.log"));
    REQUIRE(guest.ran.code == (how == "losing" ? 4 : 0)); // it says that it is not whole
    return guest;
}

Recording recording_of(const Guest& guest) {
    std::string error;
    auto recording = recording::load((guest.run / "run.faultline").string(), error);
    CAPTURE(error);
    REQUIRE(recording);
    return *recording;
}

std::set<Reason> reasons_in(const std::vector<recording::Flag>& flags) {
    std::set<Reason> reasons;
    for (const recording::Flag& flag : flags)
        reasons.insert(flag.reason);
    return reasons;
}

constexpr std::uint32_t forger = 1;

// All that others than the forger's ring say. Where an interrupt finds the forger, its flags are
// those of the addresses that it computes with.
std::vector<Event> of_others(const Recording& recording) {
    constexpr std::uint64_t arithmetic = 0x8d5;
    std::vector<Event> events;
    for (Event event : recording.events) {
        event.sequence = 0;
        const auto kind = static_cast<abi::Event>(event.kind);
        if (event.environment == forger && kind == abi::Event::interrupt)
            event.payload[2] &= ~arithmetic;
        if (event.environment == forger && kind == abi::Event::resumed_by_iret)
            event.payload[1] &= ~arithmetic;
        if (!event.claim || event.environment != forger)
            events.push_back(event);
    }
    return events;
}

bool same_but_for_time(const Event& one, const Event& other) {
    return one.environment == other.environment && one.processor == other.processor &&
           one.kind == other.kind && one.claim == other.claim && one.words == other.words &&
           one.payload == other.payload;
}
bool same(const Event& one, const Event& other) {
    return one.time == other.time && same_but_for_time(one, other);
}

} // namespace

TEST_CASE("what a libOS writes in other names is flagged, and others' records stay verified",
          "[booted]") {
    const Scratch scratch;
    const Recording honest = recording_of(boot_forger(scratch, "honest"));
    CHECK(honest.flags.empty());
    CHECK(verifier::verify(honest).empty());

    const Guest guest = boot_forger(scratch, "forged");
    CHECK(guest.number("turns") >= static_cast<long long>(std::size(abi::event_definitions)));
    const Recording forged = recording_of(guest);
    CHECK(reasons_in(forged.flags) ==
          std::set{Reason::forged_kernel_event, Reason::foreign_environment,
                   Reason::foreign_processor, Reason::unknown_kind, Reason::broken_event,
                   Reason::time_before_entry, Reason::time_ran_backwards});
    for (const recording::Flag& flag : forged.flags)
        CHECK(forged.rings.at(flag.ring).identity == forger);

    const std::vector<Event> without = of_others(honest), with = of_others(forged);
    REQUIRE(std::ranges::count_if(with, &Event::claim) > 400); // of `wc`
    CHECK(std::ranges::equal(without, with, same));

    std::set<std::string> broken;
    for (const verifier::Violation& violation : verifier::verify(forged)) {
        CAPTURE(violation.rule, violation.text, violation.sequence);
        broken.insert(violation.rule);
        if (violation.sequence < forged.events.size())
            CHECK(forged.events[violation.sequence].environment == forger);
        else
            CHECK_THAT(violation.text, Catch::Contains("the ring of environment 1, record "));
    }
    for (const char* const rule : {"origin-not-forged", "records-are-whole", "time-monotonic"})
        CHECK(broken.contains(rule));
    const command_test::Ran verdict = command_test::exo({"verify", guest.run.string()});
    CHECK(verdict.code == 1);
    for (const std::string& rule : broken)
        CHECK_THAT(verdict.output, Catch::Contains(rule));
}

TEST_CASE("faults and figures of a run are shown as they are without what a libOS forges",
          "[booted]") {
    const Scratch scratch;
    const Recording honest = recording_of(boot_forger(scratch, "honest"));
    const Recording forged = recording_of(boot_forger(scratch, "forged"));
    const auto shown = [](const Recording& recording, std::uint64_t fault) {
        std::string error;
        std::string text =
            viewer::walk(recording, {.fault = fault, .instructions_per_record = 0}, error);
        CAPTURE(error);
        CHECK(error.empty());
        return text;
    };
    const auto faults = viewer::find_faults(honest, 0);
    REQUIRE(faults.size() > 40);
    CHECK(viewer::find_faults(forged, 0).size() == faults.size());
    for (const viewer::Fault& fault : faults)
        CHECK(shown(forged, fault.number) == shown(honest, fault.number));
}

TEST_CASE("indices that a libOS leaves wrong are flagged, and others' records stay", "[booted]") {
    const Scratch scratch;
    const std::vector<Event> others = of_others(recording_of(boot_forger(scratch, "honest")));
    const auto left = [&](const std::string& how) {
        Recording recording = recording_of(boot_forger(scratch, how));
        // It needs more or fewer instructions for that than to leave them as they are.
        CHECK(std::ranges::equal(of_others(recording), others, same_but_for_time));
        return recording;
    };
    const auto rules = [](const Recording& recording) {
        std::set<std::string> broken;
        for (const verifier::Violation& violation : verifier::verify(recording)) {
            broken.insert(violation.rule);
            CHECK_THAT(violation.text, Catch::Contains("the ring of environment 1"));
        }
        return broken;
    };
    // Behind its last record there is nothing, up to the end of the ring.
    const Recording beyond = left("beyond");
    CHECK(reasons_in(beyond.flags).contains(Reason::head_beyond_capacity));
    CHECK(reasons_in(beyond.flags).contains(Reason::further_flags_omitted));
    CHECK(rules(beyond).contains("records-are-whole"));
    // It has run backwards, into an event.
    const Recording inside = left("inside");
    CHECK(reasons_in(inside.flags) == std::set{Reason::broken_event});
    CHECK(rules(inside) == std::set<std::string>{"records-are-whole"});
    CHECK(rules(left("losing")) == std::set<std::string>{"nothing-lost"});
}

TEST_CASE("indices that a libOS moves while its ring is drained are flagged and not followed",
          "[booted]") {
    const Scratch scratch;
    // What it leaves in the end is an index like any other's, over records that are none.
    const Guest guest = boot_forger(scratch, "moving", "4M");
    CHECK(reasons_in(recording_of(guest).flags).contains(Reason::broken_event));
    const std::vector<Event> others = of_others(recording_of(guest));
    REQUIRE(others.size() > 100);

    // The same machine again, and drained while it runs.
    const std::string machine = "exec " + command_test::content_of(guest.run / "command");
    const std::filesystem::path region = guest.run / "region.bin";
    std::filesystem::resize_file(region, 0);
    std::filesystem::resize_file(region, 4 << 20);
    const std::set wanted{Reason::head_beyond_capacity, Reason::head_ran_backwards,
                          Reason::head_moved_while_draining};
    std::set<Reason> seen;
    const auto all_seen = [&] { return std::ranges::includes(seen, wanted); };
    for (int boots = 0; boots != 5 && !all_seen(); ++boots) {
        const auto running = command::Companion::start({{"sh", "-c", machine}, guest.run / "out"});
        REQUIRE(running);
        while (running->alive() && !all_seen()) {
            const std::string file = (scratch.path() / "drained").string();
            recorder::Summary summary;
            std::string error;
            if (!recorder::drain(region.string(), {}, file, summary, error))
                continue; // not booted yet
            seen.merge(reasons_in(summary.flags));
            const auto loaded = recording::load(file, error);
            REQUIRE(loaded);
            CHECK(loaded->complete);
        }
    }
    CHECK(all_seen());
}
