// tests/host/vm/give_back_test.cpp - the pager complies with a revocation: which frames it gives
// back, and when.

#include <catch2/catch.hpp>

#include "libos/vm/policy_operations.hpp"
#include "tests/host/vm/pager_fixture.hpp"

using namespace vm_test;
using libos::Fault;
using libos::FrameNo;
using libos::PageNo;

namespace {

// Proposes the page mapped last, and keeps what it was asked.
std::vector<Fault> asked;
std::vector<FrameNo> order;
struct Asked {
    bool init(const libos::PolicySetup&) noexcept {
        asked.clear();
        order.clear();
        return true;
    }
    std::uint32_t select_victims(auto& view, const Fault& fault, std::span<FrameNo> out) noexcept {
        asked.push_back(fault);
        for (auto frame = order.rbegin(); frame != order.rend(); ++frame)
            if (!view.pinned(*frame)) {
                out[0] = *frame;
                return 1;
            }
        return 0;
    }
    void on_mapped(FrameNo frame, const Fault&) noexcept { order.push_back(frame); }
    void on_unmapped(FrameNo frame, PageNo) noexcept { std::erase(order, frame); }
};
constexpr libos::PolicyOperations recorder = libos::operations_of<Asked>("recorder");

void fill(PagerFixture& vm, std::uint64_t pages, bool write = false) {
    for (std::uint64_t page = 0; page < pages; ++page)
        vm.access_now(page, write);
}

} // namespace

TEST_CASE("frames that hold no page are given back first, the last one first",
          "[vm][pager][revocation]") {
    PagerFixture vm{8, 16};
    fill(vm, 4);
    vm.ask(3);
    CHECK(vm.kernel.gone == std::vector{false, false, false, false, false, true, true, true});
    CHECK(vm.pager->figures().evictions == 0);
    CHECK(vm.pager->frame_count() == 5);
    CHECK(vm.pager->free_frames() == 1);
    CHECK(vm.kernel.pool == 5);
    fill(vm, 16); // and the rest goes on
    CHECK(vm.pager->figures().given_back == 3);
}

TEST_CASE("then clean pages that the policy names, without a call for each",
          "[vm][pager][revocation]") {
    PagerFixture vm{8, 16};
    fill(vm, 8);
    vm.ask(4);
    CHECK(vm.frames_gone() == 4);
    CHECK(vm.kernel.drops == 1);
    CHECK(vm.kernel.removals == 0);
    for (std::uint64_t page = 0; page < 8; ++page)
        CHECK(vm.is_resident(page) == (page >= 4)); // fifo
    fill(vm, 16);
}

TEST_CASE("a policy is asked for a victim that no page takes the place of",
          "[vm][pager][revocation]") {
    PagerFixture vm{5, 16, recorder};
    fill(vm, 5);
    asked.clear();
    vm.ask(1);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].page == libos::no_page);
    CHECK(asked[0].why == libos::Why::revocation);
    CHECK(asked[0].sequence == 5);
    CHECK_FALSE(vm.is_resident(4));
}

TEST_CASE("reference bits that the policy clears for it are cleared before the frames go",
          "[vm][pager][revocation]") {
    PagerFixture vm{6, 16, "clock"};
    fill(vm, 6);
    vm.ask(2);
    CHECK(vm.frames_gone() == 2);
    for (std::uint64_t page = 2; page < 6; ++page)
        CHECK((vm.kernel.translations[page] & abi::translation::accessed) == 0);
}

TEST_CASE("a dirty page is written before its frame is given back", "[vm][pager][revocation]") {
    PagerFixture vm{5, 8};
    fill(vm, 5, true);
    vm.ask(2);
    CHECK(vm.frames_gone() == 0);
    REQUIRE(vm.kernel.in_flight.size() == 2);
    CHECK_FALSE(vm.is_resident(0));
    vm.complete(0);
    CHECK(vm.frames_gone() == 1);
    CHECK(vm.kernel.disk[0] == 1);
    vm.complete(0);
    CHECK(vm.frames_gone() == 2);
    CHECK(vm.kernel.disk[1] == 1001);
    CHECK(vm.pager->figures().given_back == 2);
}

TEST_CASE("what was chosen stays when the time is over: the rest is taken by force",
          "[vm][pager][revocation]") {
    PagerFixture vm{6, 8};
    fill(vm, 6, true);
    vm.ask(5);
    REQUIRE(vm.kernel.in_flight.size() == 3); // the thread needs three
    vm.kernel.expired = true;
    vm.kernel.takes_at_once = false; // two are written when the exokernel comes to take them
    for (const std::uint64_t frame : {5u, 4u, 3u, 2u, 1u})
        vm.kernel.take(frame);
    vm.finish_io();
    vm.kernel.finish_taking();
    vm.pager->handle_repossession();
    CHECK(vm.frames_gone() == 0);
    CHECK(vm.pager->frame_count() == 1);
    fill(vm, 8); // and the thread gets on with it
    CHECK(vm.kernel.value_at(7) == 7000);
    // Nor is anything chosen then.
    vm.ask(1);
    vm.kernel.expired = true;
    vm.kernel.least = 0;
    vm.pager->handle_completions();
    CHECK(vm.frames_gone() == 0);
}

TEST_CASE("a page that is being written to be given back can be faulted on",
          "[vm][pager][revocation]") {
    PagerFixture vm{6, 8};
    fill(vm, 6, true);
    vm.ask(1);
    CHECK_FALSE(vm.access(0)); // takes the frame of page 1, and waits for both blocks
    vm.finish_io();
    CHECK(vm.kernel.value_at(0) == 1);
    CHECK(vm.frames_gone() == 1);
}

TEST_CASE("pages in flight and pages just mapped are not given back until they may be",
          "[vm][pager][revocation]") {
    PagerFixture vm{5, 16};
    vm.kernel.least = 2;
    for (std::size_t i = 0; i < 5; ++i)
        vm.access(i, false, i);
    vm.ask(3);
    CHECK(vm.frames_gone() == 0);
    vm.complete(0); // mapped, and its thread has not touched it yet
    CHECK(vm.frames_gone() == 0);
    vm.resume_all();
    vm.complete(0);
    CHECK(vm.frames_gone() == 1);
    vm.resume_all();
    CHECK_FALSE(vm.access(9, false, 0)); // needs the only page that may go
    vm.finish_io();
    CHECK(vm.frames_gone() == 1);
    vm.resume_all();
    CHECK_FALSE(vm.access(10, false, 0)); // a fault looks again, too
    CHECK(vm.frames_gone() == 3);
    vm.finish_io();
}

TEST_CASE("a pool keeps what its threads need at least", "[vm][pager][revocation]") {
    PagerFixture vm{8, 16};
    fill(vm, 8);
    vm.ask(7);
    CHECK(vm.frames_gone() == 5);
    CHECK(vm.pager->frame_count() == 3);
    fill(vm, 16, true);
    CHECK(vm.pager->write_back_all() == 0);
}

TEST_CASE("nothing more is given back once the request is over", "[vm][pager][revocation]") {
    PagerFixture vm{6, 16};
    fill(vm, 6, true);
    vm.ask(2);
    vm.kernel.wanted = 0; // the deadline has passed, others were taken
    vm.finish_io();
    CHECK(vm.frames_gone() == 0);
    CHECK(vm.pager->frame_count() == 6);
    CHECK(vm.pager->free_frames() == 2); // kept, and used again
    fill(vm, 16);
}

TEST_CASE("a second request counts what the first one still has under way",
          "[vm][pager][revocation]") {
    PagerFixture vm{7, 16};
    fill(vm, 7, true);
    vm.ask(2);
    vm.ask(3);
    CHECK(vm.kernel.in_flight.size() == 3);
    vm.finish_io();
    CHECK(vm.frames_gone() == 3);
}

TEST_CASE("of many dirty pages a bounded number is written at a time", "[vm][pager][revocation]") {
    PagerFixture vm{100, 128};
    fill(vm, 100, true);
    vm.ask(60);
    CHECK(vm.kernel.in_flight.size() <= abi::io_ring_slots / 2);
    CHECK(vm.pager->write_back_all() == 0);
    vm.finish_io();
    CHECK(vm.frames_gone() == 60);
    for (std::uint64_t page = 0; page < 100; ++page)
        CHECK(vm.kernel.disk[page] == 1000 * page + 1);
}
