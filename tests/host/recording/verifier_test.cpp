// tests/host/recording/verifier_test.cpp - the verifier accepts a correct recording and names the
// rule that a broken one breaks: for every rule at least one.

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "bindings/abi/system_call.hpp"
#include "tests/host/recording/broken_stories.hpp"
#include "tools/verifier/revocations.hpp"
#include "tools/verifier/verify.hpp"

using namespace story;

namespace {

std::string listed(const std::vector<verifier::Violation>& violations) {
    std::string text;
    for (const verifier::Violation& violation : violations)
        text += violation.rule + " @" + std::to_string(violation.sequence) + ": " + violation.text +
                "\n";
    return text;
}

// The timer interrupts whoever runs before event `index`, who then goes on.
void interrupt_by_timer(Recording& recording, std::size_t index) {
    insert(recording, index, false, Kind::interrupt, {0x40, 0x404000, 0x202, 0x502000, 3});
    insert(recording, index + 1, false, Kind::resumed_by_iret,
           {0x404000, 0x202, 0x502000, 0x40, 0});
}

} // namespace

TEST_CASE("the verifier accepts a correct recording", "[recording][verifier]") {
    for (const Recording& recording : {correct_story(), revocation_story()}) {
        const auto violations = verifier::verify(recording);
        INFO(listed(violations));
        CHECK(violations.empty());
    }
}

TEST_CASE("every broken recording is rejected by the rule it breaks", "[recording][verifier]") {
    const auto check = [](Recording recording, const Broken& each) {
        each.breaks(recording);
        const auto violations = verifier::verify(recording);
        INFO(each.rule << ": " << each.how << "\n" << listed(violations));
        CHECK(std::ranges::find(violations, each.rule, &verifier::Violation::rule) !=
              violations.end());
    };
    for (const Broken& each : broken_stories())
        check(correct_story(), each);
    for (const Broken& each : broken_revocations())
        check(revocation_story(), each);
}

TEST_CASE("what is asked for is counted in frames, or as the binding that it is",
          "[recording][verifier]") {
    CHECK(verifier::units(2, 0) == "0 frames");
    CHECK(verifier::units(2, 1) == "1 frame");
    CHECK(verifier::units(8, 2) == "2 disk extents");
    CHECK(verifier::units(3, 1) == "1 binding");
    const auto said = [](const auto& breaks) {
        Recording recording = revocation_story();
        breaks(recording);
        return listed(verifier::verify(recording));
    };
    CHECK_THAT(said([](Recording& r) {
                   set(nth(r, Kind::revocation_requested), "count", 9);
                   set(nth(r, Kind::revocation_requested), "asked", 9);
               }),
               Catch::Contains("environment 1 asks for 9 frames in use, but only "));
    CHECK_THAT(said([](Recording& r) { set(nth(r, Kind::revocation_requested), "asked", 9); }),
               Catch::Contains("environment 1 asks for 2 frames, 9 of them in use"));
    CHECK_THAT(said([](Recording& r) { set(nth(r, Kind::revocation_seen), "count", 1); }),
               Catch::Contains(": 1 frame within ") && Catch::Contains(" asked it for 2 frames "));
    CHECK_THAT(said([](Recording& r) {
                   set(nth(r, Kind::revocation_ended), "missing", 1);
                   set(nth(r, Kind::revocation_ended), "given", 1);
               }),
               Catch::Contains("1 frame said to be missing, 2 of 2 came back"));
}

TEST_CASE("every rule has a recording that breaks it, and a description", "[recording][verifier]") {
    std::set<std::string> names;
    for (const verifier::Rule& rule : verifier::rules()) {
        INFO(rule.name);
        CHECK(names.insert(rule.name).second);
        CHECK(std::string(rule.description).size() > 10);
        const auto breaks = [&](const Broken& each) { return std::string(each.rule) == rule.name; };
        CHECK((std::ranges::any_of(broken_stories(), breaks) ||
               std::ranges::any_of(broken_revocations(), breaks)));
    }
    for (const auto& stories : {broken_stories(), broken_revocations()})
        for (const Broken& each : stories)
            CHECK(names.count(each.rule) == 1);
}

TEST_CASE("interrupts and other threads' calls may lie between install and resume",
          "[recording][verifier]") {
    Recording recording = correct_story();
    interrupt_by_timer(recording, index_of(recording, Kind::thread_resumed));
    insert(recording, index_of(recording, Kind::thread_resumed), false, Kind::system_call,
           {static_cast<std::uint64_t>(abi::Call::deliver_pending), 0, 0, 0x403700, 0});
    // The second fault of the pair resumes after the first one's thread ran and called.
    insert(recording, index_of(recording, Kind::thread_resumed, 2), false, Kind::system_call,
           {static_cast<std::uint64_t>(abi::Call::write_console), 0, 0, 0x403800, 0});
    const auto violations = verifier::verify(recording);
    INFO(listed(violations));
    CHECK(violations.empty());
}

TEST_CASE("what a running thread calls while others' pages arrive is its own",
          "[recording][verifier]") {
    Recording recording = correct_story();
    // Thread 9 runs, and waits for a flush of its own, when the first fault's page is installed.
    insert(recording, index_of(recording, Kind::interrupt), true, Kind::thread_switched, {0, 9});
    set(nth(recording, Kind::handler_entered, 1), "thread", 9);
    set(nth(recording, Kind::thread_switched, 2), "from", 9);
    insert(recording, index_of(recording, Kind::thread_switched, 2), false, Kind::system_call,
           {static_cast<std::uint64_t>(abi::Call::wait), 0, 0, 0x403300, 0});
    CHECK(verifier::verify(recording).empty());
}

TEST_CASE("a handler that serves several faults may call for the others in between",
          "[recording][verifier]") {
    Recording recording = correct_story();
    const std::size_t resumed = index_of(recording, Kind::thread_resumed);
    insert(recording, resumed, false, Kind::page_table_bound, {13, 1, 0x40400000, 3, 98});
    insert(recording, resumed + 1, false, Kind::system_call,
           {static_cast<std::uint64_t>(abi::Call::bind_page_table), 0, 0x2'0000'6040, 0x403900, 0});
    CHECK(verifier::verify(recording).empty());
}

TEST_CASE("a pending completion may be handled without an upcall", "[recording][verifier]") {
    Recording recording = correct_story();
    interrupt_by_timer(recording, index_of(recording, Kind::thread_resumed));
    insert(recording, index_of(recording, Kind::thread_resumed), true, Kind::handler_entered,
           {2, 0x401080, 1, 0, 0});
    CHECK(verifier::verify(recording).empty());
}

TEST_CASE("a new entry point takes effect with set_entry", "[recording][verifier]") {
    Recording recording = correct_story();
    const std::size_t fault = index_of(recording, Kind::page_fault, 4);
    insert(recording, fault, false, Kind::entry_set, {1, 0, 0x401400, 0, 0});
    insert(recording, fault + 1, false, Kind::system_call,
           {static_cast<std::uint64_t>(abi::Call::set_entry), 0, 0, 0x403a00, 0});
    for (std::size_t i = fault; i < recording.events.size(); ++i) {
        Event& event = recording.events[i];
        if ((event.kind == static_cast<std::uint16_t>(Kind::upcall) ||
             event.kind == static_cast<std::uint16_t>(Kind::handler_entered)) &&
            value_of(event, "entry") == 0)
            set(event, "address", 0x401400);
    }
    CHECK(verifier::verify(recording).empty());
}

TEST_CASE("an upcall that arrives in the resume sequence leaves save area 0 alone",
          "[recording][verifier]") {
    Recording recording = correct_story();
    Event& interrupt = nth(recording, Kind::interrupt);
    set(interrupt, "rip", 0x401210);
    set(interrupt, "ring", 3);
    Event& upcall = nth(recording, Kind::upcall, 1);
    set(upcall, "save_area", 1);
    set(upcall, "frame_address", 768);
    set(upcall, "stack", value_of(nth(recording, Kind::processor_environment_set), "nested_stack"));
    set(upcall, "depth", 2);
    set(nth(recording, Kind::handler_entered, 1), "save_area", 1);
    CHECK(verifier::verify(recording).empty());
}

TEST_CASE("a libOS that has not looked may choose what force has taken", "[recording][verifier]") {
    Recording recording = revocation_story();
    const std::size_t looks = index_of(recording, Kind::repossession_seen);
    const Event lost = recording.events[looks];
    insert(recording, looks, true, Kind::frame_chosen, {2, lost.payload[2], lost.payload[4], 0, 0});
    Event& chosen = recording.events[looks];
    chosen.environment = lost.environment;
    chosen.ring = lost.ring;
    const auto violations = verifier::verify(recording);
    INFO(listed(violations));
    CHECK(violations.empty());
    chosen.payload[1] = 25; // given back long ago
    CHECK_FALSE(verifier::verify(recording).empty());
}

TEST_CASE("regions lie where they like on the disk", "[recording][verifier]") {
    Recording recording = correct_story();
    // The third page begins a region of its own, far away.
    for (const unsigned fault : {2U, 3U})
        set(nth(recording, Kind::fault_seen, fault), "region", 3);
    set(nth(recording, Kind::read_submitted, 2), "block", 900);
    set(nth(recording, Kind::io_submitted, 2), "block", 900);
    CHECK(verifier::verify(recording).empty());
}

TEST_CASE("a rule that is broken a thousand times lists a hundred", "[recording][verifier]") {
    Recording recording = correct_story();
    for (int i = 0; i < 1000; ++i)
        insert(recording, recording.events.size(), true, Kind::completion_seen, {0, 999, 0, 1, 0});
    CHECK(verifier::verify(recording).size() == verifier::violations_per_rule);
}

TEST_CASE("a completion may be told of when the timer interrupts", "[recording][verifier]") {
    Recording recording = correct_story();
    // The interrupt of a completion is taken while a program runs: the timer's, when it is due.
    const std::size_t disk = index_of(recording, Kind::interrupt);
    insert(recording, disk, false, Kind::interrupt, {0x40, 0x404000, 0x202, 0x502000, 3});
    CHECK(verifier::verify(recording).empty());
}

TEST_CASE("an environment that gives its turn away by a limit goes on later",
          "[recording][verifier]") {
    Recording recording = correct_story();
    const std::size_t back = index_of(recording, Kind::resumed_by_iret);
    insert(recording, back, false, Kind::environment_switched, {1, 2});
    insert(recording, back + 1, false, Kind::environment_switched, {2, 1});
    CHECK(verifier::verify(recording).empty());
}

TEST_CASE("an exception that nobody handles ends without a resumption", "[recording][verifier]") {
    Recording recording = correct_story();
    const std::size_t last = index_of(recording, Kind::exception_resumed, 1);
    erase(recording, last);
    CHECK(verifier::verify(recording).empty());
}
