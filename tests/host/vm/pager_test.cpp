// tests/host/vm/pager_test.cpp - the pager's order of doing things, against a fake kernel.

#include <catch2/catch.hpp>

#include "tests/host/vm/pager_fixture.hpp"

using namespace vm_test;
using libos::FrameNo;

TEST_CASE("a page is there after its fault, with what the disk holds", "[vm][pager]") {
    PagerFixture vm{3, 8};
    CHECK_FALSE(vm.access(5));
    REQUIRE(vm.kernel.in_flight.size() == 1);
    CHECK(vm.kernel.in_flight[0].block == 5);
    CHECK_FALSE(vm.is_resident(5));
    vm.complete(0);
    CHECK(vm.kernel.woken == std::vector{&vm.threads[0]});
    CHECK(vm.kernel.access(5, false));
    CHECK(vm.kernel.value_at(5) == 5000);
}

TEST_CASE("frames are filled in ascending order and only then is a page evicted", "[vm][pager]") {
    PagerFixture vm{3, 8};
    for (const std::uint64_t page : {4u, 5u, 6u})
        vm.access_now(page);
    CHECK(vm.pager->figures().evictions == 0);
    CHECK(vm.kernel.translations[4] >> 12 == 0);
    CHECK(vm.kernel.translations[6] >> 12 == 2);
    vm.access_now(7);
    CHECK(vm.pager->figures().evictions == 1);
    CHECK_FALSE(vm.is_resident(4));
}

TEST_CASE("a second fault on a page joins the first one's request", "[vm][pager]") {
    PagerFixture vm{3, 8};
    CHECK_FALSE(vm.access(5, false, 0));
    CHECK_FALSE(vm.access(5, false, 1));
    CHECK(vm.kernel.in_flight.size() == 1);
    CHECK(vm.pager->figures().joined == 1);
    vm.complete(0);
    CHECK(vm.kernel.woken == std::vector{&vm.threads[0], &vm.threads[1]});
}

TEST_CASE("a dirty victim's frame is read into only after its write-back", "[vm][pager]") {
    PagerFixture vm{3, 8};
    vm.access_now(0, true);
    vm.access_now(1);
    vm.access_now(2);
    CHECK_FALSE(vm.access(3));
    REQUIRE(vm.kernel.in_flight.size() == 1);
    CHECK(vm.kernel.in_flight[0].operation == abi::IoOperation::write);
    CHECK(vm.kernel.in_flight[0].block == 0);
    vm.complete(0);
    CHECK(vm.kernel.disk[0] == 1);
    REQUIRE(vm.kernel.in_flight.size() == 1);
    CHECK(vm.kernel.in_flight[0].operation == abi::IoOperation::read);
    CHECK(vm.kernel.in_flight[0].block == 3);
}

TEST_CASE("a clean victim is not written", "[vm][pager]") {
    PagerFixture vm{3, 8};
    for (const std::uint64_t page : {0u, 1u, 2u, 3u})
        vm.access_now(page);
    CHECK(vm.pager->figures().writebacks == 0);
}

TEST_CASE("a read of a block waits for an earlier write of it", "[vm][pager]") {
    PagerFixture vm{3, 8};
    vm.access_now(0, true);
    vm.access_now(1);
    vm.access_now(2);
    CHECK_FALSE(vm.access(3, false, 0)); // writes block 0
    CHECK_FALSE(vm.access(0, false, 1)); // takes the frame of 1, and must not read block 0 yet
    REQUIRE(vm.kernel.in_flight.size() == 1);
    vm.complete(0);
    CHECK(vm.kernel.in_flight.size() == 2);
    vm.finish_io();
    CHECK(vm.kernel.value_at(0) == 1);
}

TEST_CASE("a page whose frame and block both wait is read when the later of the two is clean",
          "[vm][pager]") {
    const bool block_first = GENERATE(true, false);
    PagerFixture vm{3, 8};
    for (const std::uint64_t page : {0u, 1u, 2u})
        vm.access_now(page, true);
    CHECK_FALSE(vm.access(3, false, 0)); // writes block 0
    CHECK_FALSE(vm.access(0, false, 1)); // writes block 1 for its frame, waits for block 0
    REQUIRE(vm.kernel.in_flight.size() == 2);
    vm.complete(block_first ? 0 : 1);
    for (const abi::IoRequest& request : vm.kernel.in_flight)
        CHECK((request.operation == abi::IoOperation::write || request.block == 3));
    vm.finish_io();
    CHECK(vm.kernel.value_at(0) == 1);
    CHECK(vm.kernel.disk[1] == 1001);
}

TEST_CASE("pages in flight are never victims: with all in flight a fault waits for a frame",
          "[vm][pager]") {
    PagerFixture vm{3, 8};
    for (std::size_t i = 0; i < 4; ++i)
        CHECK_FALSE(vm.access(i, false, i));
    CHECK(vm.kernel.in_flight.size() == 3);
    CHECK(vm.pager->figures().evictions == 0);
    CHECK_FALSE(vm.pager->is_stuck());
    vm.complete(0); // thread 0 must touch its page before it may go
    CHECK(vm.pager->figures().evictions == 0);
    vm.resume_all();
    vm.complete(0); // page 0 may go now
    CHECK(vm.pager->figures().evictions == 1);
    CHECK_FALSE(vm.is_resident(0));
    CHECK(vm.kernel.in_flight.size() == 2);
}

TEST_CASE("stalled faults go on in fault order", "[vm][pager]") {
    PagerFixture vm{3, 8};
    for (std::size_t i = 0; i < 6; ++i)
        vm.access(i, false, i);
    for (int round = 0; round < 8 && !vm.kernel.in_flight.empty(); ++round) {
        vm.complete(0);
        vm.resume_all();
    }
    std::vector<std::uint64_t> pages;
    for (const Emitted& event : vm.kernel.events)
        if (event.event == abi::Event::read_submitted)
            pages.push_back(event.words[1] - FakeKernel::first_vpn);
    CHECK(pages == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("an instruction that needs two pages gets both, even under mru", "[vm][pager]") {
    PagerFixture vm{3, 8, "mru"};
    for (const std::uint64_t page : {0u, 1u, 2u})
        vm.access_now(page);
    vm.access_now(4);
    // The instruction is executed again and faults on its second page, registers unchanged.
    REQUIRE_FALSE(vm.access(5, false, 0, true));
    vm.finish_io();
    vm.resume_all();
    CHECK(vm.is_resident(4));
    CHECK(vm.is_resident(5));
    // Once it has got on, its pages are like all others.
    vm.access_now(6);
    CHECK_FALSE(vm.is_resident(5));
}

TEST_CASE("a thread that needs more pages than there are frames is found out", "[vm][pager]") {
    PagerFixture vm{3, 8};
    vm.access_now(0);
    for (const std::uint64_t page : {1u, 2u, 3u}) {
        vm.access(page, false, 0, true);
        vm.finish_io();
        vm.resume_all();
    }
    CHECK(vm.pager->is_stuck());
}

TEST_CASE("bytes of the last page behind the end of the file are zeroed", "[vm][pager]") {
    PagerFixture vm{3, 8, "fifo", libos::Access::writable, 2 * 4096 + 100};
    vm.access_now(1);
    CHECK(vm.kernel.tails_zeroed == 0);
    vm.access_now(2);
    CHECK(vm.kernel.tails_zeroed == 1);
}

TEST_CASE("pages wholly behind the end read as zero, without I/O, and cannot be written",
          "[vm][pager]") {
    PagerFixture vm{3, 8, "fifo", libos::Access::writable, 2 * 4096 + 100};
    for (auto& word : vm.kernel.contents)
        word = 99;
    CHECK_FALSE(vm.access(3));
    CHECK(vm.kernel.in_flight.empty());
    CHECK(vm.kernel.woken.size() == 1);
    CHECK(vm.kernel.value_at(3) == 0);
    CHECK_FALSE(vm.kernel.access(3, true));
    CHECK(vm.pager->figures().reads == 0);
}

TEST_CASE("a read-only region is mapped read-only", "[vm][pager]") {
    PagerFixture vm{3, 8, "fifo", libos::Access::read_only};
    vm.access_now(1);
    CHECK_FALSE(vm.kernel.access(1, true));
}

TEST_CASE("writing back leaves nothing dirty and every page in place", "[vm][pager]") {
    PagerFixture vm{64, 64};
    for (std::uint64_t page = 0; page < 50; ++page)
        vm.access_now(page, page % 2 == 0);
    CHECK(vm.pager->write_back_all() == 0);
    for (std::uint64_t page = 0; page < 50; ++page) {
        CHECK(vm.kernel.disk[page] == 1000 * page + (page % 2 == 0));
        CHECK(vm.is_resident(page));
    }
    CHECK(vm.pager->figures().writebacks == 25);
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.pager->figures().writebacks == 25);
    vm.access_now(0, true); // is dirty again
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.disk[0] == 2);
}

TEST_CASE("writing back waits for a victim's write-back that is under way", "[vm][pager]") {
    PagerFixture vm{3, 8};
    vm.access_now(0, true);
    vm.access_now(1);
    vm.access_now(2);
    CHECK_FALSE(vm.access(3));
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.disk[0] == 1);
    CHECK(vm.kernel.in_flight.empty());
}

TEST_CASE("a read that fails is reported with its block and maps nothing", "[vm][pager]") {
    PagerFixture vm{3, 8};
    vm.access(5);
    vm.complete(0, abi::Error::io_error);
    REQUIRE(vm.kernel.failures.size() == 1);
    CHECK(vm.kernel.failures[0].error == abi::Error::io_error);
    CHECK(vm.kernel.failures[0].operation == abi::IoOperation::read);
    CHECK(vm.kernel.failures[0].block == 5);
    CHECK_FALSE(vm.is_resident(5));
    CHECK(vm.kernel.woken.empty());
}

TEST_CASE("a write-back that fails is reported with the victim's block", "[vm][pager]") {
    PagerFixture vm{3, 8};
    vm.access_now(2, true);
    vm.access_now(1);
    vm.access_now(3);
    vm.access(4);
    vm.complete(0, abi::Error::io_error);
    REQUIRE(vm.kernel.failures.size() == 1);
    CHECK(vm.kernel.failures[0].operation == abi::IoOperation::write);
    CHECK(vm.kernel.failures[0].block == 2);
    CHECK(vm.kernel.in_flight.empty()); // nothing is read over data that was not saved
}

TEST_CASE("after a failed read everything else dirty is still written back", "[vm][pager]") {
    PagerFixture vm{4, 8};
    vm.access_now(0, true);
    vm.access_now(1, true);
    vm.access(5);
    vm.complete(0, abi::Error::io_error);
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.disk[0] == 1);
    CHECK(vm.kernel.disk[1] == 1001);
}

TEST_CASE("a block read outside the pool moves no page and leaves the ring armed for faults",
          "[vm][pager]") {
    PagerFixture vm{3, 8};
    vm.access_now(0);
    CHECK(vm.pager->read_block({7}, 6, FakeKernel::capability_of(2)) == abi::Error{});
    CHECK(vm.kernel.contents[2] == 6000);
    CHECK(vm.kernel.armed);
    CHECK(vm.pager->figures().reads == 1);
    CHECK(vm.is_resident(0));
}

TEST_CASE("a block is read outside the pool while faults of other threads are in flight",
          "[vm][pager]") {
    PagerFixture vm{4, 8};
    vm.access_now(0);
    CHECK_FALSE(vm.access(1));
    vm.kernel.others = [&] { // the block's request is the last one
        vm.access(2, false, 1);
        vm.complete(vm.kernel.in_flight.size() - 1);
        vm.kernel.others = [&] { vm.complete(0); };
    };
    CHECK(vm.pager->read_block({7}, 6, FakeKernel::capability_of(3)) == abi::Error{});
    CHECK(vm.kernel.contents[3] == 6000);
    while (!vm.kernel.in_flight.empty())
        vm.complete(0);
    CHECK(vm.is_resident(1));
    CHECK(vm.is_resident(2));
}

TEST_CASE("whatever the pager has done, the ring is armed when requests are in flight",
          "[vm][pager]") {
    PagerFixture vm{3, 8};
    vm.kernel.armed = true; // as the platform starts
    for (std::uint64_t page = 0; page < 8; ++page) {
        vm.access(page, true);
        while (!vm.kernel.in_flight.empty()) {
            CHECK(vm.kernel.armed);
            vm.complete(0);
        }
        vm.resume_all();
        vm.kernel.access(page, true);
    }
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.armed);
}
