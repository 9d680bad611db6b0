// tests/host/vm/write_back_test.cpp - stores that are made while others write back, and pages that
// are on their way home.

#include <catch2/catch.hpp>

#include "tests/host/vm/pager_fixture.hpp"

using namespace vm_test;
using Others = PagerFixture::Pager::Others;

namespace {
std::uint64_t frame_of(const PagerFixture& vm, std::uint64_t page) {
    return vm.kernel.translations[page] >> 12 & 0xffff'ffff;
}
} // namespace

TEST_CASE("a store during a flush outlives the page table that knows of it", "[vm][pager]") {
    PagerFixture vm{6, 1024};
    vm.access_now(2, true);
    bool once = false;
    vm.kernel.others = [&] {
        if (!once) {
            once = true;
            vm.kernel.complete(0);   // the block has 2001; nobody has looked yet
            vm.access(2, true);      // 2002
            vm.kernel.take_table(0); // and who knew of it goes
            vm.pager->handle_repossession();
        }
    };
    CHECK(vm.pager->write_back_all(Others::run) == 0);
    vm.kernel.others = {};
    CHECK(vm.access(2)); // mapped again
    CHECK(vm.kernel.value_at(2) == 2002);
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.disk[2] == 2002);
}

TEST_CASE("the same, the table goes before the write is complete", "[vm][pager]") {
    PagerFixture vm{6, 1024};
    vm.access_now(2, true);
    int step = 0;
    vm.kernel.others = [&] {
        if (step++ != 0)
            return;
        const std::uint64_t sent = vm.kernel.contents[frame_of(vm, 2)];
        vm.access(2, true);
        vm.kernel.take_table(0);
        vm.pager->handle_repossession();
        vm.kernel.complete(0);
        vm.kernel.disk[2] = sent; // the device had read it before the store
    };
    CHECK(vm.pager->write_back_all(Others::run) == 0);
    vm.kernel.others = {};
    vm.access(2);
    CHECK(vm.kernel.value_at(2) == 2002);
    CHECK(vm.pager->write_back_all() == 0);
    CHECK(vm.kernel.disk[2] == 2002);
}

TEST_CASE("a saved page that is on its way in at a flush, or when the run ends, is written home",
          "[vm][pager]") {
    const Others others = GENERATE(Others::run, Others::stand_still);
    PagerFixture vm{5, 16};
    vm.access_now(2, true);
    vm.kernel.take(frame_of(vm, 2));
    vm.pager->handle_repossession();
    CHECK_FALSE(vm.access(2)); // another thread; its read is in flight
    CHECK(vm.pager->write_back_all(others) == 0);
    CHECK(vm.kernel.disk[2] == 2001);
}

TEST_CASE("a page that is taken while a flush writes it is home when the flush is over",
          "[vm][pager]") {
    PagerFixture vm{5, 16};
    vm.kernel.takes_at_once = false;
    vm.access_now(2, true);
    vm.kernel.device_places = 0; // the request waits in the ring
    int step = 0;
    vm.kernel.others = [&] {
        if (step++ == 0) {
            vm.kernel.take(frame_of(vm, 2));
            vm.kernel.device_places = 64;
            vm.kernel.ring_doorbell(); // refused: revoked
        }
    };
    CHECK(vm.pager->write_back_all(Others::run) == 0);
    CHECK(vm.kernel.disk[2] == 2001);
}
