// tests/host/vm/policies_test.cpp - the policies on strings whose counts are known.

#include <catch2/catch.hpp>

#include "tests/host/vm/policy_machine.hpp"

using namespace vm_test;
using libos::policies::Clock;
using libos::policies::Fifo;
using libos::policies::Mru;

namespace {
const std::vector<PageNo> belady{1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
const std::vector<PageNo> silberschatz{7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1};

template <class Policy>
std::uint64_t faults_of_cyclic_scan(PageNo pages, int passes, std::uint32_t frames) {
    Machine<Policy> machine{frames};
    for (int pass = 0; pass < passes; ++pass)
        for (PageNo page = 0; page < pages; ++page)
            machine.touch(page);
    return machine.faults;
}
} // namespace

TEST_CASE("fifo shows Belady's anomaly: 9 faults with 3 frames, 10 with 4", "[vm][policy]") {
    CHECK(faults_on<Fifo>(belady, 3) == 9);
    CHECK(faults_on<Fifo>(belady, 4) == 10);
}

TEST_CASE("fifo takes 15 faults on Silberschatz' string with 3 frames", "[vm][policy]") {
    CHECK(faults_on<Fifo>(silberschatz, 3) == 15);
}

TEST_CASE("clock has fifo's anomaly when pages are mapped with their bit set", "[vm][policy]") {
    CHECK(faults_on<Clock>(belady, 3) == 9);
    CHECK(faults_on<Clock>(belady, 4) == 10);
}

TEST_CASE("clock takes 14 and 9 faults on Silberschatz' string", "[vm][policy]") {
    CHECK(faults_on<Clock>(silberschatz, 3) == 14);
    CHECK(faults_on<Clock>(silberschatz, 4) == 9);
}

TEST_CASE("clock passes over a page used since the hand last came by, exactly once",
          "[vm][policy]") {
    Machine<Clock> machine{3};
    for (const PageNo page :
         {1u, 2u, 3u, 4u}) // all bits set: 1 goes, and the bits of 2 and 3 are clear
        machine.touch(page);
    machine.touch(2); // 2 earns its second chance
    machine.touch(5); // so 3 goes
    CHECK(machine.victims == std::vector<PageNo>{1, 3});
}

TEST_CASE("mru in fault order takes two faults a pass where one page too many is looped over",
          "[vm][policy]") {
    // 65 at first; then page 63 takes the frame of 64, and 64 that of 63, in each of 99 passes.
    // (MRU that sees hits takes one a pass, 165 in all; a handler does not see them.)
    CHECK(faults_of_cyclic_scan<Mru>(65, 100, 64) == 65 + 99 * 2);
}

TEST_CASE("a loop of one page more than frames always faults under fifo and clock",
          "[vm][policy]") {
    CHECK(faults_of_cyclic_scan<Fifo>(65, 100, 64) == 6500);
    CHECK(faults_of_cyclic_scan<Clock>(65, 100, 64) == 6500);
}

TEST_CASE("four passes over 16,384 pages: mru 41,731 faults in 7,936 frames, 40,963 in 8,192",
          "[vm][policy]") {
    CHECK(faults_of_cyclic_scan<Mru>(16384, 4, 7936) == 41731);
    CHECK(faults_of_cyclic_scan<Mru>(16384, 4, 8192) == 40963);
}

TEST_CASE("four passes over 16,384 pages: fifo faults at each of 65,536 accesses", "[vm][policy]") {
    CHECK(faults_of_cyclic_scan<Fifo>(16384, 4, 7936) == 65536);
}

TEMPLATE_TEST_CASE("no policy proposes a pinned frame", "[vm][policy]", Fifo, Clock, Mru) {
    Machine<TestType> machine{4};
    for (const PageNo page : {1u, 2u, 3u, 4u})
        machine.touch(page);
    for (const PageNo page : {1u, 2u, 4u})
        machine.bits().frames[machine.frame_of(page)].pinned = true;
    machine.touch(5);
    CHECK(machine.victims == std::vector<PageNo>{3});
}

TEMPLATE_TEST_CASE("a policy offers nothing rather than a pinned frame", "[vm][policy]", Fifo,
                   Clock, Mru) {
    Machine<TestType> machine{3};
    for (const PageNo page : {1u, 2u, 3u})
        machine.touch(page);
    for (auto& frame : machine.bits().frames)
        frame.pinned = true;
    CHECK_THROWS_WITH(machine.touch(4), "no victim proposed though frames are full");
}

TEMPLATE_TEST_CASE("a policy without an arena refuses the pool", "[vm][policy]", Fifo, Clock, Mru) {
    TestType policy;
    CHECK_FALSE(policy.init({16, 1, {}}));
}
