// tests/host/simulator/replay_test.cpp - a recorded run of a pager, and its policy run again.
//
// That every policy replays under threads, revocation and force is asserted where pagers are driven
// at random: tests/host/vm/pager_stress_test.cpp and force_property_test.cpp.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bindings/random.hpp"
#include "libos/vm/policy_operations.hpp"
#include "tests/host/simulator/pager_recording.hpp"

using namespace vm_test;
using libos::Fault;
using libos::FrameNo;
using libos::PageNo;
using recording::Event;
using recording::Recording;
using simulator::Choice;
using Kind = abi::Event;

namespace {

constexpr std::uint32_t frames = 8;

// Accesses to 20 pages at random, some of them stores.
void run(PagerFixture& vm, int accesses = 300) {
    bindings::Random random{5};
    for (int i = 0; i < accesses; ++i)
        vm.access_now(random.below(20), random.below(3) == 0);
}

Recording run_of(std::string_view policy) {
    PagerFixture vm{frames, 20, policy};
    run(vm);
    return recording_of(vm.kernel, policy, frames);
}

std::vector<std::size_t> places_of(const Recording& recording, Kind kind) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < recording.events.size(); ++i)
        if (recording.events[i].kind == static_cast<std::uint16_t>(kind))
            places.push_back(i);
    return places;
}

// Proposes nothing, a frame that there is not, a page that is pinned, and else the lowest frame.
struct Erratic {
    bool init(const libos::PolicySetup&) noexcept { return true; }
    std::uint32_t select_victims(auto& view, const Fault& fault, std::span<FrameNo> out) noexcept {
        switch (fault.sequence % 4) {
        case 0:
            return 0;
        case 1:
            out[0] = 77;
            return 1;
        default:
            out[0] = 0;
            while (view.pinned(out[0]) != (fault.sequence % 4 == 3) && out[0] + 1 != frames)
                ++out[0];
            return 1;
        }
    }
    void on_mapped(FrameNo, const Fault&) noexcept {}
    void on_unmapped(FrameNo, PageNo) noexcept {}
};
constexpr libos::PolicyOperations erratic = libos::operations_of<Erratic>("erratic");

std::unique_ptr<simulator::ReplayedPolicy> make_erratic(std::string_view, std::uint32_t count,
                                                        std::uint64_t seed) {
    return simulator::replayed<Erratic>(count, seed);
}

} // namespace

TEST_CASE("a recorded run says the number of each frame, and all that its policy was told",
          "[simulator][replay]") {
    PagerFixture vm{3, 8, "clock"};
    for (const std::uint64_t page : {0u, 1u, 2u, 3u})
        vm.access_now(page);
    std::vector<std::uint64_t> numbers, told;
    for (const Emitted& event : vm.kernel.events) {
        if (event.event == Kind::frame_taken)
            numbers.push_back(event.words.at(4));
        if (event.event == Kind::policy_told)
            told.push_back(event.words.at(0) - FakeKernel::first_vpn);
    }
    CHECK(numbers == std::vector<std::uint64_t>{0, 1, 2});
    CHECK(told == std::vector<std::uint64_t>{0, 1, 2}); // all had been accessed: page 0 gives way
    const simulator::PagerReplay replay = replay_of(recording_of(vm.kernel, "clock", 3));
    CHECK(replay.same());
    CHECK(replay.answers == 3);
    CHECK(replay.victims == 1);
    CHECK(replay.pages == 4);
}

TEST_CASE("a victim that was changed by hand is reported at exactly that fault",
          "[simulator][replay]") {
    const std::string policy = GENERATE("fifo", "clock", "sieve", "mru", "random");
    const Recording whole = run_of(policy);
    REQUIRE(replay_of(whole).same());
    const std::vector<std::size_t> victims = places_of(whole, Kind::victim_chosen);
    REQUIRE(victims.size() > 40);
    Recording changed = whole;
    Event& event = changed.events[victims[20]];
    const Event& other = changed.events[victims[22]]; // is resident then, in another frame
    const std::uint64_t was = event.payload[1] - FakeKernel::first_vpn;
    event.payload[1] = other.payload[1];
    event.payload[2] = other.payload[2];
    const simulator::PagerReplay replay = replay_of(changed);
    REQUIRE(replay.difference);
    CHECK(replay.difference->event == victims[20]);
    CHECK(replay.difference->fault == event.payload[0]);
    CHECK(replay.victims == 20);
    CHECK(replay.difference->here.page == was);
    CHECK(replay.difference->recorded.page == other.payload[1] - FakeKernel::first_vpn);
    CHECK(replay.difference->resident.size() == frames);
}

TEST_CASE("an answer that was dropped is reported at exactly that fault", "[simulator][replay]") {
    const std::string policy = GENERATE("clock", "sieve");
    const Recording whole = run_of(policy);
    // The last answer before a victim: without it, its page is the victim.
    const std::vector<std::size_t> victims = places_of(whole, Kind::victim_chosen);
    const auto victim = std::ranges::find_if(victims, [&](std::size_t place) {
        return place > victims[10] &&
               whole.events[place - 1].kind == static_cast<std::uint16_t>(Kind::policy_told);
    });
    REQUIRE(victim != victims.end());
    Recording changed = whole;
    const std::uint64_t page = changed.events[*victim - 1].payload[0] - FakeKernel::first_vpn;
    changed.events.erase(changed.events.begin() + static_cast<std::ptrdiff_t>(*victim) - 1);
    const simulator::PagerReplay replay = replay_of(changed);
    REQUIRE(replay.difference);
    CHECK(replay.difference->event == *victim);
    CHECK(replay.difference->here.page == page);
    // Both sides are shown: what the recording has, and what the policy wanted to know.
    CHECK(std::ranges::any_of(replay.difference->asked, [&](const simulator::Asked& asked) {
        return asked.page == page && !asked.answer;
    }));
}

TEST_CASE("where FIFO has stepped in, it steps in again for the same reason",
          "[simulator][replay]") {
    PagerFixture vm{frames, 20, erratic};
    bindings::Random random{5};
    for (int i = 0; i < 100; ++i) {
        vm.access(random.below(20), false, 1);
        vm.finish_io(); // its page stays until it has resumed
        vm.access(random.below(20), false, 0);
        vm.finish_io();
        vm.resume_all();
    }
    const Recording recording = recording_of(vm.kernel, "erratic", frames);
    std::set<std::uint64_t> reasons;
    for (const std::size_t place : places_of(recording, Kind::policy_fallback))
        reasons.insert(recording.events[place].payload[2]);
    CHECK(reasons == std::set<std::uint64_t>{1, 2, 3});
    const simulator::PagerReplay replay = replay_of(recording, make_erratic);
    CHECK(replay.same());
    CHECK(replay.fallbacks == vm.pager->figures().fallbacks);
    CHECK(replay.victims_hash == vm.pager->figures().victims_hash);

    Recording changed = recording;
    changed.events[places_of(recording, Kind::policy_fallback)[3]].payload[2] ^= 3;
    CHECK(replay_of(changed, make_erratic).difference);
}

TEST_CASE("a policy that was asked in vain is asked again", "[simulator][replay]") {
    PagerFixture vm{3, 8, "random"};
    for (std::size_t thread = 0; thread < 4; ++thread) // three frames in flight, the fourth waits
        vm.access(thread, false, thread);
    vm.finish_io();
    vm.resume_all();
    vm.finish_io();
    vm.resume_all();
    for (std::uint64_t page = 4; page < 8; ++page)
        vm.access_now(page);
    const Recording recording = recording_of(vm.kernel, "random", 3);
    REQUIRE(!places_of(recording, Kind::no_victim).empty());
    const simulator::PagerReplay replay = replay_of(recording);
    CHECK(replay.same());
    CHECK(replay.in_vain == places_of(recording, Kind::no_victim).size());
}

TEST_CASE("frames that are given back, and pages that go with their frames, are replayed",
          "[simulator][replay]") {
    PagerFixture vm{12, 24, "clock"};
    for (std::uint64_t page = 0; page < 12; ++page)
        vm.access_now(page, page % 2 == 0);
    vm.ask(3);
    vm.finish_io();
    vm.kernel.take(11);
    vm.pager->handle_repossession();
    for (std::uint64_t page = 0; page < 24; ++page)
        vm.access_now(page);
    const simulator::PagerReplay replay = replay_of(recording_of(vm.kernel, "clock", 12));
    CHECK(replay.same());
    CHECK(replay.given_back == 3);
    CHECK(replay.withdrawn == 1);
    CHECK(replay.victims_hash == vm.pager->figures().victims_hash);
}

TEST_CASE("a recording without what the policies were told is known as such",
          "[simulator][replay]") {
    Recording recording = run_of("clock");
    CHECK(!simulator::lacks_answers(recording));
    recording.events.erase(recording.events.begin());
    CHECK(simulator::lacks_answers(recording));
    CHECK(simulator::replay(recording).empty());
}

TEST_CASE("a policy that this build does not have is named", "[simulator][replay]") {
    PagerFixture vm{frames, 20};
    run(vm, 30);
    const simulator::PagerReplay replay = replay_of(recording_of(vm.kernel, "no-such", frames));
    CHECK(!replay.same());
    CHECK_THAT(replay.problem, Catch::Contains("no policy no-such"));
}

TEST_CASE("a recording that says what cannot be ends its replay with the event",
          "[simulator][replay]") {
    const Recording whole = run_of("clock");
    const auto broken = [&](Kind kind, std::size_t field, std::uint64_t value) {
        Recording recording = whole;
        const std::size_t place = places_of(recording, kind)[5];
        recording.events[place].payload[field] = value;
        const simulator::PagerReplay replay = replay_of(recording);
        CAPTURE(replay.problem, place);
        CHECK(!replay.same());
        CHECK((replay.difference ||
               replay.problem.find("event " + std::to_string(place)) != std::string::npos));
    };
    broken(Kind::frame_taken, 4, 900);      // no such frame
    broken(Kind::frame_taken, 0, 900);      // of a fault that there is not
    broken(Kind::frame_taken, 4, 0);        // another's number
    broken(Kind::policy_told, 0, 0x1099);   // a page that is not resident
    broken(Kind::policy_told, 1, 9);        // no such answer
    broken(Kind::mapped, 1, 0x1099);        // not the page of the fault
    broken(Kind::victim_chosen, 2, 900);    // not the frame of the page
    broken(Kind::victim_chosen, 1, 0x1099); // not a resident page
    Recording recording = whole;
    recording.events[0].payload[0] = ~0ull;
    CHECK_THAT(replay_of(recording).problem, Catch::Contains("a pool of"));
}

TEST_CASE("whatever is changed in a recording, its replay ends", "[simulator][replay]") {
    const Recording whole = run_of("sieve");
    CHECK(rc::check([&] {
        Recording recording = whole;
        const auto changes = *rc::gen::inRange<std::size_t>(1, 6);
        for (const auto choice :
             *rc::gen::container<std::vector<int>>(changes, rc::gen::inRange(0, 3))) {
            const auto place = *rc::gen::inRange<std::size_t>(0, recording.events.size());
            Event& event = recording.events[place];
            switch (choice) {
            case 0:
                event.payload[*rc::gen::inRange<std::size_t>(0, 5)] =
                    *rc::gen::element<std::uint64_t>(0, 1, 3, 0x1005, 0x100a, ~0ull);
                break;
            case 1:
                event.kind = whole.events[*rc::gen::inRange<std::size_t>(1, 200)].kind;
                break;
            default:
                recording.events.erase(recording.events.begin() +
                                       static_cast<std::ptrdiff_t>(place));
            }
        }
        for (const simulator::PagerReplay& replay : simulator::replay(recording))
            RC_ASSERT(replay.victims <= whole.events.size());
    }));
}
