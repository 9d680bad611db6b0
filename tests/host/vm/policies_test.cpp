// tests/host/vm/policies_test.cpp - what every shipped policy owes to the pager. Their counts on
// known strings are in tests/host/simulator/classic_strings_test.cpp.

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tests/host/vm/policy_machine.hpp"

using namespace vm_test;

namespace {

// All of whose frames are taken, by the pages from 0 on.
template <class Policy> struct Full : Machine<Policy> {
    static constexpr std::uint32_t frames = std::max(4u, libos::least_frames_of<Policy>());
    Full() : Machine<Policy>{frames} {
        for (PageNo page = 0; page != frames; ++page)
            this->touch(page);
    }
};

} // namespace

TEMPLATE_LIST_TEST_CASE("no policy proposes a pinned frame", "[vm][policy]", ShippedPolicies) {
    Full<TestType> machine;
    for (auto& frame : machine.bits().frames)
        frame.pinned = frame.page != 2;
    machine.touch(machine.frames);
    CHECK(machine.victims == std::vector<PageNo>{2});
}

TEMPLATE_LIST_TEST_CASE("a policy offers nothing rather than a pinned frame", "[vm][policy]",
                        ShippedPolicies) {
    Full<TestType> machine;
    for (auto& frame : machine.bits().frames)
        frame.pinned = true;
    CHECK_THROWS_WITH(machine.touch(machine.frames), "no victim proposed though frames are full");
}

TEMPLATE_LIST_TEST_CASE("a policy comes to an end though every page is used again at once",
                        "[vm][policy]", ShippedPolicies) {
    Full<TestType> machine;
    machine.bits().always_used = true;
    try {
        machine.touch(machine.frames);
        CHECK(machine.victims.size() == 1);
    } catch (const std::logic_error& none) { // then FIFO steps in
        CHECK(none.what() == std::string("no victim proposed though frames are full"));
    }
}

TEMPLATE_LIST_TEST_CASE("a policy that wants an arena refuses the pool without one", "[vm][policy]",
                        ShippedPolicies) {
    TestType policy;
    constexpr std::uint32_t frames = Full<TestType>::frames;
    CHECK(policy.init({frames, 1, {}}) == (libos::arena_bytes_of<TestType>(frames) == 0));
}

TEMPLATE_TEST_CASE("clock and sieve name as many victims as are asked for, oldest first",
                   "[vm][policy]", libos::policies::Clock, libos::policies::Sieve) {
    Machine<TestType> machine{6};
    machine.batch = 3;
    for (PageNo page = 0; page != 6; ++page)
        machine.touch(page);
    for (auto& frame : machine.bits().frames)
        frame.accessed = frame.page == 1; // passed over
    machine.touch(6);
    CHECK(machine.victims == std::vector<PageNo>{0, 2, 3});
    for (auto& frame : machine.bits().frames)
        frame.pinned = frame.page != 5;
    machine.touch(7); // two frames are still free
    machine.touch(8);
    machine.touch(9);
    CHECK(machine.victims == std::vector<PageNo>{0, 2, 3, 5}); // and no page twice
}

TEST_CASE("clock passes over a page used since the hand last came by, exactly once",
          "[vm][policy]") {
    Machine<libos::policies::Clock> machine{3};
    for (const PageNo page :
         {1u, 2u, 3u, 4u}) // all bits set: 1 goes, and the bits of 2 and 3 are clear
        machine.touch(page);
    machine.touch(2); // 2 earns its second chance
    machine.touch(5); // so 3 goes
    CHECK(machine.victims == std::vector<PageNo>{1, 3});
}
