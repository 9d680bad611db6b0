// tests/host/booted/processors_test.cpp - runs on several processors: equal recordings, exact
// counts.

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <map>

#include "bindings/abi/event.hpp"
#include "tests/host/booted/guest.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/verifier/verify.hpp"
#include "tools/viewer/shootdowns.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

TEST_CASE("10 of 10 recordings of four processors are equal, keep all rules and have them all",
          "[booted]") {
    const Scratch scratch;
    std::string first;
    for (int i = 0; i != 10; ++i) {
        const Guest guest = boot(scratch, std::to_string(i), {"shootdown"});
        CAPTURE(i, guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        const std::string recording = content_of(guest.run / "run.faultline");
        if (i == 0)
            first = recording;
        CHECK((recording == first)); // not shown: megabytes
    }
    const auto run = scratch.path() / "0";
    CHECK(command_test::exo({"verify", run.string()}).code == 0);
    std::string error;
    const auto recording = recording::load((run / "run.faultline").string(), error);
    REQUIRE(recording);
    std::map<std::uint16_t, std::size_t> calls; // by processor
    std::uint64_t last = 0;
    for (const recording::Event& event : recording->events) {
        CHECK(event.time >= last); // one order of all
        last = event.time;
        if (event.kind == static_cast<std::uint16_t>(abi::Event::system_call))
            ++calls[event.processor];
    }
    CHECK(calls.size() == 4);
}

TEST_CASE("each batch that a real run removes is one shootdown of the processor whose it was",
          "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"shootdown"});
    CAPTURE(guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    std::string error;
    const auto recording = recording::load((guest.run / "run.faultline").string(), error);
    REQUIRE(recording);
    // By batch, as the application's arguments say; and as its system page has counted.
    std::map<std::uint64_t, long long> expected, found;
    for (long long readers = 1; readers != 4; ++readers)
        for (long long batch = 1; batch <= 64; batch *= 4)
            expected[static_cast<std::uint64_t>(batch)] +=
                guest.number(fmt::format("readers{}_batch{}_interrupts", readers, batch));
    std::uint16_t last = 0;
    for (const viewer::Shootdown& each : viewer::find_shootdowns(*recording, 0)) {
        CAPTURE(each.number);
        REQUIRE(each.asked.size() == 1);
        if (each.removed == 0)
            continue; // the end of a reader
        CHECK(each.over);
        CHECK(each.environment == 1);
        CHECK(each.processor == 0);
        CHECK(each.asked[0].running == each.asked[0].processor + 1u);
        last = std::max(last, each.asked[0].processor);
        ++found[each.removed];
        // In the order of the steps: removals and the call, a request, its answer; the interrupt.
        const auto& events = each.events;
        REQUIRE(events.size() == each.removed + 5);
        const auto kind = [&](std::size_t at) {
            return abi::Event{recording->events[events[at].index].kind};
        };
        CHECK(kind(each.removed) == abi::Event::system_call);
        CHECK(kind(each.removed + 1) == abi::Event::shootdown_sent);
        CHECK(kind(each.removed + 2) == abi::Event::shootdown_answered);
        CHECK(kind(each.removed + 3) == abi::Event::interrupt);
        CHECK(kind(each.removed + 4) == abi::Event::resumed_by_iret);
    }
    CHECK(last == 3);
    CHECK(found == expected);
}

TEST_CASE("a recording whose shootdown nobody answers is rejected", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"shootdown", "--cpus", "2"});
    CAPTURE(guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    std::string error;
    const auto recording = recording::load((guest.run / "run.faultline").string(), error);
    REQUIRE(recording);
    CHECK(verifier::verify(*recording).empty());
    const auto rejects = [](const recording::Recording& broken, const char* rule) {
        const auto violations = verifier::verify(broken);
        return std::ranges::find(violations, rule, &verifier::Violation::rule) != violations.end();
    };
    // The 64th is the last one before the frames are used again.
    const auto last = viewer::find_shootdowns(*recording, 0).at(63).events;
    for (const viewer::StepEvent& event : last) {
        const auto at = static_cast<std::ptrdiff_t>(event.index);
        const auto kind = abi::Event{recording->events[event.index].kind};
        if (kind != abi::Event::shootdown_sent && kind != abi::Event::shootdown_answered)
            continue;
        recording::Recording broken = *recording;
        broken.events.erase(broken.events.begin() + at);
        CHECK(rejects(broken, "shootdown-is-answered-before-it-is-over"));
        CHECK(rejects(broken, "removal-flushes-before-reuse") ==
              (kind == abi::Event::shootdown_answered));
    }
}

TEST_CASE("each batch interrupts each processor once whose TLB must forget, and no other",
          "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"shootdown", "--cpus", "8", "--no-record"});
    CAPTURE(guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    for (long long readers = 1; readers != 8; ++readers)
        for (long long batch = 1; batch <= 64; batch *= 4)
            CHECK(guest.number(fmt::format("readers{}_batch{}_interrupts", readers, batch)) ==
                  readers * 64 / batch);
}

TEST_CASE("an app that needs other processors says so where there are none", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"shootdown", "--cpus", "1"});
    CHECK(guest.ran.code == 6);
    CHECK_THAT(guest.ran.errors, Catch::Contains("say `--cpus 2` or more"));
}

TEST_CASE("a machine with fewer processors than are asked for runs on with those", "[booted]") {
    const Scratch scratch;
    // QEMU takes the last of two.
    const Guest guest =
        boot(scratch, "run",
             {"shootdown", "--cpus", "4", "--qemu-option", "-smp", "--qemu-option", "2"});
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 0);
    CHECK_THAT(guest.ran.errors, Catch::Contains("4 processors are asked for, 2 run"));
}

TEST_CASE("hot paths cost on four processors what they cost on one", "[booted]") {
    const Scratch scratch;
    // By the guest's clock, which counts the instructions of all processors: the others halt.
    const std::vector<std::string> words{"bench", "--no-record", "--", "200"};
    const Guest one = boot(scratch, "one", words);
    std::vector<std::string> more{words};
    more.insert(more.begin() + 1, {"--cpus", "4"});
    const Guest four = boot(scratch, "four", more);
    CAPTURE(one.ran.errors, four.ran.errors);
    REQUIRE(one.ran.code == 0);
    REQUIRE(four.ran.code == 0);
    for (const char* const path : {"null_call", "install", "remove", "whole_fault"}) {
        CAPTURE(path);
        CHECK(one.number(path) > 0);
        CHECK(four.number(path) == one.number(path));
    }
}

TEST_CASE("flushes that are put off cost one interrupt a reader, whatever the batch", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"shootdown", "--", "--put-off"});
    CAPTURE(guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    for (int readers = 1; readers != 4; ++readers)
        for (const int batch : {1, 4, 16, 64})
            CHECK(guest.number(fmt::format("readers{}_batch{}_interrupts", readers, batch)) ==
                  readers);
}

TEST_CASE("threads and libOSes get the processor time that their tickets say, within 1 %",
          "[booted]") {
    const Scratch scratch;
    const auto shares = [&](const std::string& name, std::vector<std::string> words) {
        words.insert(words.begin(), "shares");
        const Guest guest = boot(scratch, name, words);
        CAPTURE(guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        return std::vector<long long>{guest.number("share1"), guest.number("share2"),
                                      guest.number("share3")};
    };
    const auto near = [](long long seen, long long due) {
        return 100 * std::abs(seen - due) <= due;
    };
    for (const auto& seen : {shares("stride", {}), shares("apart", {"--", "--environments"})}) {
        CHECK(near(seen[0], 50'000));
        CHECK(near(seen[1], 33'333));
        CHECK(near(seen[2], 16'667));
    }
    for (const long long seen : shares("turns", {"--", "--scheduler", "round-robin"}))
        CHECK(near(seen, 33'333));
}
