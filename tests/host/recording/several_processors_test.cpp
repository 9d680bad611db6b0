// tests/host/recording/several_processors_test.cpp - rules where there are several processors: what
// one of them does comes between any two events of another one, and others' instructions count in
// every time. The stories are those of one processor; the recording says that there is another.

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "bindings/abi/capability.hpp"
#include "tests/host/recording/broken_stories.hpp"
#include "tools/verifier/verify.hpp"

using namespace story;

namespace {

constexpr std::uint64_t repossession = 6, no_slot = 0xffff'ffff;
constexpr std::uint64_t accessed = 0x20;

Recording with_another_processor(Recording recording) {
    insert(recording, index_of(recording, Kind::kernel_started) + 1, false, Kind::processor_started,
           {1, 1});
    nth(recording, Kind::processor_started).environment = 0;
    return recording;
}
Recording story_of_faults() { return with_another_processor(correct_story()); }
Recording story_of_revocation() { return with_another_processor(revocation_story()); }

/// Another processor has so many instructions before event `index`.
void others_run(Recording& recording, std::size_t index, std::uint64_t instructions) {
    for (std::size_t i = index; i < recording.events.size(); ++i) {
        Event& event = recording.events[i];
        event.time += instructions;
        if (i != index && event.kind == static_cast<std::uint16_t>(Kind::io_submitted))
            event.payload[5] += instructions; // when it is due
    }
}

void insert_of(std::uint32_t environment, Recording& recording, std::size_t index, bool claim,
               Kind kind, std::initializer_list<std::uint64_t> words) {
    insert(recording, index, claim, kind, words);
    recording.events[index].environment = environment;
    others_run(recording, index, 1); // no two events are at one time
}

std::size_t broken(const Recording& recording, const std::string& rule) {
    const auto violations = verifier::verify(recording);
    for (const auto& violation : violations)
        if (violation.rule == rule)
            UNSCOPED_INFO("event " << violation.sequence << ": " << violation.text);
    return static_cast<std::size_t>(
        std::ranges::count(violations, rule, &verifier::Violation::rule));
}

/// Frame 21 is taken without a slot that would tell of it.
void take_untold(Recording& recording) {
    set(nth(recording, Kind::repossessed), "slot", no_slot);
    erase(recording, index_of(recording, Kind::repossession_seen));
}

} // namespace

TEST_CASE("with another processor the same recordings are correct", "[recording][verifier]") {
    for (const Recording& recording : {story_of_faults(), story_of_revocation()}) {
        const auto violations = verifier::verify(recording);
        INFO((violations.empty() ? "" : violations[0].rule + ": " + violations[0].text));
        CHECK(violations.empty());
    }
}

TEST_CASE("with another processor the same recordings are broken", "[recording][verifier]") {
    // All but two, in which only the time is another: that may be the other processor's.
    const std::set<std::string> others_time = {"one is due later than others", "it passes late"};
    const auto check = [&](Recording recording, const Broken& each) {
        each.breaks(recording);
        INFO(each.rule << ": " << each.how);
        CHECK((broken(recording, each.rule) != 0) != others_time.contains(each.how));
    };
    for (const Broken& each : broken_stories())
        check(story_of_faults(), each);
    for (const Broken& each : broken_revocations())
        check(story_of_revocation(), each);
}

TEST_CASE("others' instructions between the start of a request and its event are not its own",
          "[recording][verifier]") {
    const std::string rule = "every-request-has-the-same-service-time";
    Recording recording = story_of_faults();
    const std::size_t third = index_of(recording, Kind::io_submitted, 2);
    others_run(recording, third, 59); // the moment at which it is due was taken before
    CHECK(broken(recording, rule) == 0);
    // No more than have passed since the event before.
    recording.events[third].payload[5] += 100;
    CHECK(broken(recording, rule) != 0);
    recording.events[third].payload[5] -= 200;
    CHECK(broken(recording, rule) != 0);
    // The first one may be the one that was disturbed.
    recording = story_of_faults();
    others_run(recording, index_of(recording, Kind::io_submitted), 59);
    CHECK(broken(recording, rule) == 0);
    recording = correct_story();
    others_run(recording, index_of(recording, Kind::io_submitted), 59);
    CHECK(broken(recording, rule) != 0);
}

TEST_CASE("what is in flight when a run ends is complete before it is due",
          "[recording][verifier]") {
    const std::string rule = "completion-not-before-due";
    Recording recording = correct_story();
    const std::size_t end = index_of(recording, Kind::environment_ended);
    const Event submitted = nth(recording, Kind::io_submitted);
    insert(recording, end, false, Kind::io_submitted,
           {99, 0, 3, submitted.payload[3], 9, submitted.time + 1'000'000});
    insert(recording, end + 1, false, Kind::io_completed, {99, 0, 9, submitted.payload[3], 1});
    CHECK(broken(recording, rule) == 0);
    // Not so if anything goes on there.
    Recording other = recording;
    insert(other, end + 2, false, Kind::system_call, {20, 0, 0, 0x405800, 0});
    CHECK(broken(other, rule) == 1);
    erase(recording, index_of(recording, Kind::environment_ended));
    CHECK(broken(recording, rule) == 1);
}

TEST_CASE("a deadline passes by the receiver's instructions and not by others'",
          "[recording][verifier]") {
    const std::string rule = "deadline-is-the-receivers-own-time";
    const auto late = [&](std::size_t calls, bool several) {
        Recording recording = several ? story_of_revocation() : revocation_story();
        const std::size_t at = index_of(recording, Kind::revocation_expired) - 1;
        for (std::size_t i = 0; i != calls; ++i)
            insert_of(2, recording, at, false, Kind::system_call, {20, 0, 0, 0x405800, 0});
        others_run(recording, at, 6000);
        return broken(recording, rule) != 0;
    };
    CHECK(late(0, false)); // with one processor the time is the receiver's
    CHECK_FALSE(late(0, true));
    CHECK_FALSE(late(1, true)); // a call that waited for others ends late, and then the timer fires
    CHECK(late(2, true));       // after that it must not make another one

    // Its clock begins when its processor has seen the request, which may be long after that.
    Recording recording = story_of_revocation();
    others_run(recording, index_of(recording, Kind::revocation_requested, 1) + 1, 50'000);
    CHECK(broken(recording, rule) == 0);
}

TEST_CASE("who is late to see that another processor took a page is told of it still",
          "[recording][verifier]") {
    const std::string told = "policy-is-told-what-is-so",
                      chosen = "revocation-claims-match-kernel-facts";
    Recording recording = story_of_revocation();
    take_untold(recording);
    const std::uint64_t page = value_of(nth(recording, Kind::page_withdrawn), "page");
    CHECK(broken(recording, told) == 0);
    // Its policy, and the choice that was under way, are about a page that has gone already.
    std::size_t at = index_of(recording, Kind::page_withdrawn);
    insert_of(2, recording, at, true, Kind::policy_told, {page, 3});
    insert_of(2, recording, at, true, Kind::frame_chosen, {2, 21, page, 1, 0});
    CHECK(broken(recording, told) == 0);
    CHECK(broken(recording, chosen) == 0);
    // Once it has found that out it must not be.
    at += 3;
    Recording other = recording;
    insert_of(2, recording, at, true, Kind::policy_told, {page, 3});
    CHECK(broken(recording, told) == 1);
    insert_of(2, other, at, true, Kind::frame_chosen, {2, 21, page, 1, 0});
    CHECK(broken(other, chosen) == 1);
}

TEST_CASE("a reference bit goes with its page, whoever takes that", "[recording][verifier]") {
    const std::string rule = "policy-is-told-what-is-so";
    Recording recording = story_of_revocation();
    const std::uint64_t page = value_of(nth(recording, Kind::page_withdrawn), "page");
    const auto clear = [&](Recording& r, std::size_t before) {
        insert_of(2, r, before, false, Kind::bits_cleared, {page, 1, accessed, 0, receiver_table});
    };
    // It was mapped for a fault, so it is known whose it is.
    insert_of(2, recording, index_of(recording, Kind::translation_installed), false,
              Kind::page_fault, {page << 12, 4, 0x402020, 0x501000, 0x246});
    insert_of(2, recording, index_of(recording, Kind::revocation_expired), true, Kind::policy_told,
              {page, static_cast<std::uint64_t>(abi::Told::accessed)});
    Recording other = recording;
    clear(recording, index_of(recording, Kind::page_withdrawn));
    CHECK(broken(recording, rule) == 0);
    clear(other, index_of(other, Kind::revocation_expired));
    CHECK(broken(other, rule) == 1); // it is still there
}

TEST_CASE("who finds out what it has lost untold makes calls before its thread resumes",
          "[recording][verifier]") {
    const std::string rule = "no-system-call-between-install-and-resume";
    Recording recording = story_of_revocation(); // the console goes before a thread resumes
    const auto told = std::ranges::find_if(recording.events, [](const Event& event) {
        return event.kind == static_cast<std::uint16_t>(Kind::repossessed) &&
               event.payload[3] == static_cast<std::uint64_t>(abi::Kind::console);
    });
    const std::size_t at = static_cast<std::size_t>(told - recording.events.begin());
    set(*told, "slot", no_slot);
    for (std::size_t i = at; i != recording.events.size(); ++i)
        if (recording.events[i].kind == static_cast<std::uint16_t>(Kind::repossession_seen)) {
            erase(recording, i);
            break;
        }
    CHECK(broken(recording, rule) == 0);
    erase(recording, at); // it has nothing to find out
    CHECK(broken(recording, rule) == 1);
}

namespace {

/// Another processor tells the receiver of frame 40, for which there was no slot.
void tell(Recording& recording, std::size_t index) {
    insert_of(1, recording, index, false, Kind::repossessed,
              {2, no_slot, capability_of(40), 3, 40, 1, 0, 2});
    recording.events[index].processor = 1;
}
void enter_repossession(Recording& recording, std::size_t index, bool by_upcall) {
    if (by_upcall)
        insert_of(2, recording, index, false, Kind::upcall,
                  {repossession, 0x401180, 0, 512, 256, 0x115000, 1, 0});
    else
        insert_of(2, recording, index, true, Kind::handler_entered,
                  {repossession, 0x401180, 0, 0, 0});
}
void fault(Recording& recording, std::size_t index) { // whose upcall has nothing pending
    insert_of(2, recording, index, false, Kind::upcall, {0, 0x401000, 0, 512, 256, 0x115000, 1, 0});
}
void look(Recording& recording, std::size_t index) {
    insert_of(2, recording, index, true, Kind::hint_given, {0x40010, 1, 1, 0, 0});
}

} // namespace

TEST_CASE("an upcall that is raised while its receiver takes the one before may come or not",
          "[recording][verifier]") {
    const std::string rule = "revocation-raises-its-upcalls";
    const auto with = [](auto... steps) {
        Recording recording = story_of_revocation();
        std::size_t at = index_of(recording, Kind::repossession_seen) + 1;
        (steps(recording, at++), ...);
        return recording;
    };
    const auto says_it_enters = [](Recording& r, std::size_t i) {
        enter_repossession(r, i, false);
    };
    const auto is_entered = [](Recording& r, std::size_t i) { enter_repossession(r, i, true); };
    // It takes the pending upcall between its event before and the one that says so.
    CHECK(broken(with(tell, says_it_enters, is_entered), rule) == 0);
    CHECK(broken(with(tell, says_it_enters, fault), rule) == 0);
    CHECK(broken(with(tell, look, says_it_enters, fault), rule) == 0);
    CHECK(broken(with(tell, look, says_it_enters, is_entered), rule) == 1); // of nothing new
    CHECK(broken(with(tell, says_it_enters, is_entered, is_entered), rule) == 1);
    // What was raised since the receiver's event before may be too late for an upcall of a fault.
    CHECK(broken(with(look, tell, fault, is_entered), rule) == 0);
    CHECK(broken(with(tell, look, fault, is_entered), rule) == 1);
}
