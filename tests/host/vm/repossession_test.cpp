// tests/host/vm/repossession_test.cpp - frames and page tables that were taken by force: what the
// pager makes of each case.

#include <catch2/catch.hpp>

#include "tests/host/vm/pager_fixture.hpp"

using namespace vm_test;

namespace {

void fill(PagerFixture& vm, std::uint64_t pages, bool write = false) {
    for (std::uint64_t page = 0; page < pages; ++page)
        vm.access_now(page, write);
}
std::uint64_t frame_of(const PagerFixture& vm, std::uint64_t page) {
    return vm.kernel.translations[page] >> 12 & 0xffff'ffff;
}
void take(PagerFixture& vm, std::uint64_t frame) {
    vm.kernel.take(frame);
    vm.pager->handle_repossession();
}
bool all_ready(const PagerFixture& vm) {
    return std::ranges::all_of(vm.kernel.slots, [](const abi::Repossession& slot) {
        return slot.state == abi::RepossessionState::ready;
    });
}

} // namespace

TEST_CASE("a clean page whose frame is taken is read from its own block again", "[vm][force]") {
    PagerFixture vm{5, 16};
    fill(vm, 5);
    take(vm, frame_of(vm, 2));
    CHECK(vm.pager->frame_count() == 4);
    CHECK(vm.kernel.pool == 4);
    CHECK(all_ready(vm));
    vm.access_now(2);
    CHECK(vm.kernel.value_at(2) == 2000);
    CHECK(vm.pager->figures().restored == 0);
    fill(vm, 16, true);
}

TEST_CASE("a dirty page is read from where it was saved, and then written home", "[vm][force]") {
    PagerFixture vm{5, 16};
    fill(vm, 5, true);
    take(vm, frame_of(vm, 2));
    CHECK_FALSE(all_ready(vm)); // its contents are needed
    vm.access_now(2);
    CHECK(vm.kernel.value_at(2) == 2001);
    CHECK(vm.pager->figures().restored == 1);
    CHECK(vm.kernel.count(abi::Event::page_restored) == 1);
    CHECK(all_ready(vm));
    CHECK(vm.kernel.disk[2] == 2000);
    for (std::uint64_t page = 5; page < 12; ++page)
        vm.access_now(page); // it gives way, and is dirty though nobody wrote it since
    CHECK(vm.kernel.disk[2] == 2001);
}

TEST_CASE("a saved page that is restored and taken again is saved again", "[vm][force]") {
    PagerFixture vm{6, 16};
    vm.access_now(2, true);
    take(vm, frame_of(vm, 2));
    vm.access_now(2);
    take(vm, frame_of(vm, 2)); // its translation is clean
    vm.access_now(2);
    CHECK(vm.kernel.value_at(2) == 2001);
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.disk[2] == 2001);
}

TEST_CASE("a saved page that nobody touches is written home at a flush", "[vm][force]") {
    PagerFixture vm{5, 16};
    fill(vm, 5, true);
    take(vm, frame_of(vm, 2));
    take(vm, frame_of(vm, 4));
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.disk[2] == 2001);
    CHECK(vm.kernel.disk[4] == 4001);
    CHECK(all_ready(vm));
    vm.access_now(2);
    CHECK(vm.kernel.value_at(2) == 2001);
    CHECK(vm.pager->figures().restored == 0);
}

TEST_CASE("what was saved nowhere is found out by whoever touches it, and counted", "[vm][force]") {
    PagerFixture vm{5, 16};
    vm.kernel.places = 0;
    fill(vm, 5, true);
    take(vm, frame_of(vm, 2));
    CHECK(all_ready(vm));
    CHECK(vm.kernel.lost.empty());
    CHECK_FALSE(vm.access(2));
    CHECK(vm.kernel.lost == std::vector<std::uint64_t>{2});
    CHECK(vm.pager->figures().lost == 1);
    CHECK(vm.pager->write_back_all() == 1);
    CHECK(vm.kernel.disk[3] == 3001);
}

TEST_CASE("a frame that holds no page is not missed", "[vm][force]") {
    PagerFixture vm{6, 16};
    fill(vm, 3);
    take(vm, 4);
    CHECK(vm.pager->free_frames() == 2);
    fill(vm, 16, true);
    CHECK(vm.pager->write_back_all() == 0);
}

TEST_CASE("a page that the policy has not heard of yet is never announced", "[vm][force]") {
    PagerFixture vm{6, 16};
    vm.access(0, false, 0);
    vm.access(1, false, 1);
    vm.complete(1); // mapped behind page 0, which is not complete
    take(vm, 1);
    vm.complete(0);
    vm.resume_all();
    CHECK_FALSE(vm.is_resident(1));
    fill(vm, 16);
}

TEST_CASE("a frame that is being read into is abandoned, and its threads fault again",
          "[vm][force]") {
    PagerFixture vm{6, 16};
    vm.access(3, false, 0);
    vm.access(3, false, 1);
    take(vm, 0); // the exokernel waits for the transfer
    CHECK(vm.kernel.woken.empty());
    vm.complete(0); // installing is refused
    vm.pager->handle_repossession();
    CHECK(vm.kernel.woken.size() == 2);
    CHECK_FALSE(vm.is_resident(3));
    CHECK(vm.pager->frame_count() == 5);
    vm.resume_all();
    vm.access_now(3);
    CHECK(vm.kernel.value_at(3) == 3000);
}

TEST_CASE("a request that waits in the ring is refused when its frame is taken", "[vm][force]") {
    const bool write = GENERATE(false, true);
    PagerFixture vm{4, 16};
    fill(vm, 4, write);
    vm.kernel.device_places = 0;
    CHECK_FALSE(vm.access(9)); // in the frame of page 0
    REQUIRE(vm.kernel.ring.size() == 1);
    take(vm, 0); // its slot comes before the refusal
    vm.kernel.device_places = 64;
    vm.pager->handle_completions();
    CHECK(vm.kernel.woken.size() == 1);
    vm.resume_all();
    vm.access_now(9);
    vm.access_now(0);
    CHECK(vm.kernel.value_at(0) == write);
    CHECK(vm.pager->figures().restored == write);
    CHECK_FALSE(vm.pager->is_stuck());
}

TEST_CASE("a write-back that is under way when its frame is taken counts", "[vm][force]") {
    PagerFixture vm{4, 16};
    fill(vm, 4, true);
    CHECK_FALSE(vm.access(9)); // writes page 0
    take(vm, 0);
    vm.complete(0);
    vm.pager->handle_repossession();
    CHECK(vm.kernel.disk[0] == 1);
    vm.resume_all();
    vm.access_now(9);
    vm.access_now(0);
    CHECK(vm.kernel.value_at(0) == 1);
    CHECK(vm.pager->figures().restored == 0);
}

TEST_CASE("whoever faults on a page whose write-back was refused waits for its slot",
          "[vm][force]") {
    const bool before = GENERATE(false, true);
    PagerFixture vm{5, 16};
    fill(vm, 5, true);
    vm.kernel.takes_at_once = false;
    vm.kernel.device_places = 0;
    CHECK_FALSE(vm.access(9, false, 0)); // page 0 is to be written
    if (before)
        CHECK_FALSE(vm.access(0, false, 1)); // and is wanted again
    vm.kernel.take(0);
    vm.kernel.device_places = 64;
    vm.pager->handle_completions(); // refused
    if (!before)
        CHECK_FALSE(vm.access(0, false, 1));
    vm.finish_io();
    CHECK_FALSE(vm.pager->is_stuck());
    CHECK_FALSE(vm.is_resident(0));
    vm.kernel.finish_taking();
    vm.pager->handle_repossession();
    vm.finish_io();
    CHECK(vm.kernel.value_at(0) == 1);
    vm.resume_all();
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.disk[0] == 1);
}

TEST_CASE("a frame that a thread has not touched yet may go", "[vm][force]") {
    PagerFixture vm{5, 16};
    vm.access(3);
    vm.finish_io();
    take(vm, 0);
    vm.resume_all();
    CHECK_FALSE(vm.access(3, false, 0, true)); // the same instruction again
    vm.finish_io();
    CHECK(vm.is_resident(3));
}

TEST_CASE("a frame of which nobody has told yet is found out at the fault", "[vm][force]") {
    PagerFixture vm{5, 16};
    fill(vm, 5, true);
    vm.kernel.takes_at_once = false;
    vm.kernel.take(2);
    CHECK_FALSE(vm.access(2));
    CHECK_FALSE(vm.pager->is_stuck());
    vm.kernel.finish_taking();
    vm.pager->handle_repossession();
    vm.finish_io();
    CHECK(vm.kernel.value_at(2) == 2001);
}

TEST_CASE("without a vector clean pages of a read-only region are read again, others are lost",
          "[vm][force]") {
    const auto access = GENERATE(libos::Access::read_only, libos::Access::writable);
    PagerFixture vm{5, 16, "fifo", access};
    vm.kernel.has_vector = false;
    fill(vm, 5);
    take(vm, 2);
    CHECK(vm.pager->frame_count() == 4);
    if (access == libos::Access::read_only) {
        vm.access_now(2);
        CHECK(vm.kernel.value_at(2) == 2000);
    } else {
        CHECK_FALSE(vm.access(2));
        CHECK(vm.kernel.lost.size() == 1);
    }
    vm.access_now(7);
}

TEST_CASE("pages outlive their page table", "[vm][force]") {
    const bool write = GENERATE(false, true);
    PagerFixture vm{6, 1024};
    fill(vm, 5, write);
    vm.kernel.take_table(0);
    vm.pager->handle_repossession();
    CHECK_FALSE(vm.is_resident(2));
    CHECK(vm.access(2, write));
    CHECK(vm.kernel.value_at(2) == 2000u + write);
    CHECK(vm.kernel.in_flight.empty());
    for (std::uint64_t page = 512; page < 530; ++page)
        vm.access_now(page); // the others give way without a translation
    CHECK(vm.pager->write_back_all() == 0);
    for (std::uint64_t page = 0; page < 5; ++page)
        CHECK(vm.kernel.disk[page] == 1000 * page + write);
}

TEST_CASE("a page table that is taken while a page is on its way in is bound anew", "[vm][force]") {
    PagerFixture vm{6, 1024};
    vm.access_now(0);
    CHECK_FALSE(vm.access(1));
    vm.kernel.take_table(0);
    vm.complete(0); // before anybody has told
    CHECK(vm.is_resident(1));
    vm.pager->handle_repossession();
    vm.resume_all();
    vm.access_now(0);
    CHECK(vm.pager->figures().reads == 2);
}

TEST_CASE("where no frame is left for a page table the pool makes room before the read",
          "[vm][force]") {
    const bool write = GENERATE(false, true);
    PagerFixture vm{10, 1024};
    vm.ask(1);
    vm.kernel.wanted = 0; // the request has ended
    REQUIRE(vm.kernel.count(abi::Event::frame_chosen) == 1);
    CHECK(vm.kernel.events.back().words[0] != 0);
    vm.kernel.events.clear();
    fill(vm, 9, write);
    vm.kernel.no_room = true;
    CHECK_FALSE(vm.access(600));
    if (!write) { // clean pages have given way at once
        CHECK(vm.pager->frame_count() == 6);
        CHECK(vm.kernel.in_flight.size() == 1);
    }
    vm.finish_io();
    CHECK(vm.is_resident(600)); // by its first fault, with one read
    CHECK(vm.pager->figures().reads == 10);
    CHECK(vm.kernel.count(abi::Event::frame_chosen) >= 3);
    for (const Emitted& event : vm.kernel.events) // nobody has asked for these
        CHECK((event.event != abi::Event::frame_chosen || event.words[0] == 0));
    CHECK(vm.kernel.count(abi::Event::fault_abandoned) == 0);
    CHECK(vm.kernel.tables_refused == 0);
    vm.resume_all();
    CHECK(vm.pager->write_back_all() == 0);
    for (std::uint64_t page = 0; page < 9; ++page)
        CHECK(vm.kernel.disk[page] == 1000 * page + write);
}

TEST_CASE("a fault that has to wait for a page table while frames are asked back is given up, and "
          "says so",
          "[vm][force]") {
    PagerFixture vm{9, 1024};
    fill(vm, 9);
    vm.ask(9); // it keeps the three that it needs at least, and goes on owing
    REQUIRE(vm.frames_gone() == 6);
    vm.kernel.no_room = true;
    vm.access(600);
    CHECK(vm.kernel.in_flight.empty()); // nothing is read that could not be mapped
    REQUIRE(vm.kernel.count(abi::Event::fault_abandoned) == 1);
    const auto& words =
        std::ranges::find(vm.kernel.events, abi::Event::fault_abandoned, &Emitted::event)->words;
    CHECK(words ==
          std::vector<std::uint64_t>{vm.pager->figures().faults, FakeKernel::first_vpn + 600, 1,
                                     static_cast<std::uint64_t>(abi::Error::limit_reached)});
    CHECK(vm.kernel.woken == std::vector<libos::FaultingThread*>{&vm.threads[0]});
    vm.resume_all();
    vm.kernel.wanted = 0; // the request has ended
    vm.kernel.no_room = false;
    vm.access_now(600);
    CHECK(vm.kernel.tables_refused == 0);
}

TEST_CASE("a pool that cannot make room says so", "[vm][force]") {
    PagerFixture vm{4, 1024};
    fill(vm, 3);
    vm.kernel.no_room = true;
    vm.access(600);
    vm.finish_io();
    CHECK(vm.kernel.tables_refused == 1);
}

TEST_CASE("without its ring the pager writes nothing and says how much is lost", "[vm][force]") {
    PagerFixture vm{5, 16};
    fill(vm, 5, true);
    vm.kernel.ring_there = false;
    vm.pager->handle_repossession();
    CHECK(vm.pager->write_back_all() == 5);
    CHECK(vm.kernel.in_flight.empty());
}

TEST_CASE("frames that are taken while others are given back count as given", "[vm][force]") {
    PagerFixture vm{9, 16};
    fill(vm, 9, true);
    vm.kernel.takes_at_once = false;
    vm.ask(4);
    vm.kernel.take(8); // the deadline has passed
    vm.kernel.finish_taking();
    vm.pager->handle_repossession();
    vm.finish_io();
    CHECK(vm.frames_gone() == 3);
    CHECK(vm.pager->frame_count() == 5);
    CHECK(vm.pager->write_back_all() == 0);
    for (std::uint64_t page = 0; page < 9; ++page)
        CHECK(vm.kernel.disk[page] == 1000 * page + 1);
}
