// tests/host/vm/policies_test.cpp - what every shipped policy owes to the pager. Their counts on
// known strings are in tests/host/simulator/classic_strings_test.cpp.

#include <catch2/catch.hpp>

#include "tests/host/vm/policy_machine.hpp"

using namespace vm_test;

TEMPLATE_LIST_TEST_CASE("no policy proposes a pinned frame", "[vm][policy]", ShippedPolicies) {
    Machine<TestType> machine{4};
    for (const PageNo page : {1u, 2u, 3u, 4u})
        machine.touch(page);
    for (const PageNo page : {1u, 2u, 4u})
        machine.bits().frames[machine.frame_of(page)].pinned = true;
    machine.touch(5);
    CHECK(machine.victims == std::vector<PageNo>{3});
}

TEMPLATE_LIST_TEST_CASE("a policy offers nothing rather than a pinned frame", "[vm][policy]",
                        ShippedPolicies) {
    Machine<TestType> machine{3};
    for (const PageNo page : {1u, 2u, 3u})
        machine.touch(page);
    for (auto& frame : machine.bits().frames)
        frame.pinned = true;
    CHECK_THROWS_WITH(machine.touch(4), "no victim proposed though frames are full");
}

TEMPLATE_LIST_TEST_CASE("a policy that wants an arena refuses the pool without one", "[vm][policy]",
                        ShippedPolicies) {
    TestType policy;
    CHECK(policy.init({16, 1, {}}) == (libos::arena_bytes_of<TestType>(16) == 0));
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
