// tests/host/vm/pager_rules_test.cpp - the pager's rules that no booted test can look into: what is
// read along, what the application advises, what is written while it stays.

#include <catch2/catch.hpp>

#include "libos/vm/policies/fifo.hpp"
#include "libos/vm/policy_operations.hpp"
#include "tests/host/vm/pager_fixture.hpp"

using namespace vm_test;
using libos::FrameNo;
using libos::Hint;
using libos::PageNo;

namespace {

std::vector<std::pair<FrameNo, Hint>> heard; // by a policy that has no other place for it

// FIFO that reads the two pages behind along, and one that cannot be.
class Ahead : public libos::policies::Fifo {
public:
    std::uint32_t prefetch(const libos::Fault& fault, std::span<PageNo> out) noexcept {
        out[0] = fault.page + 1;
        out[1] = fault.page + 2;
        out[2] = 1'000'000;
        return 3;
    }
    void on_hint(FrameNo frame, Hint hint) noexcept { heard.emplace_back(frame, hint); }
};

constexpr libos::PolicyOperations ahead = libos::operations_of<Ahead>("ahead");

} // namespace

TEST_CASE("what is read along is there before the thread goes on", "[vm]") {
    PagerFixture vm(8, 32, ahead);
    CHECK(!vm.access(4));
    REQUIRE(vm.kernel.in_flight.size() == 3);
    vm.complete(0);
    CHECK(vm.kernel.woken.empty());
    vm.complete(0);
    CHECK(vm.kernel.woken.empty());
    vm.complete(0);
    CHECK(vm.kernel.woken.size() == 1);
    vm.resume_all();
    for (const PageNo page : {4ul, 5ul, 6ul})
        CHECK(vm.is_resident(page));
    CHECK(vm.pager->figures().prefetched == 2);
    CHECK(vm.pager->figures().faults == 1);
    CHECK((vm.kernel.translations[5] & abi::translation::accessed) == 0);
    CHECK(!vm.access(6 + 1)); // 8 and 9 come along
    vm.finish_io();
    CHECK(vm.is_resident(9));
}

TEST_CASE("a read along that is refused does not hold the thread back", "[vm]") {
    for (const std::size_t refused : {0u, 1u, 2u}) {
        CAPTURE(refused);
        PagerFixture vm(8, 32, ahead);
        CHECK(!vm.access(4));
        REQUIRE(vm.kernel.in_flight.size() == 3);
        const std::uint64_t frame = FakeKernel::frame_of(vm.kernel.in_flight[refused].frame);
        vm.kernel.gone[frame] = true;
        vm.complete(refused, abi::Error::revoked);
        vm.finish_io();
        CHECK(vm.kernel.woken.size() == 1);
        CHECK(vm.is_resident(4) == (refused != 0));
        CHECK(vm.is_resident(5) == (refused != 1));
        CHECK(vm.is_resident(6) == (refused != 2));
        CHECK(!vm.pager->is_stuck());
        CHECK(vm.pager->figures().taken == 1);
    }
}

TEST_CASE("where no frame is to be had nothing is read along", "[vm]") {
    PagerFixture vm(1, 32, ahead);
    CHECK(!vm.access(4));
    CHECK(vm.kernel.in_flight.size() == 1);
    vm.finish_io();
    CHECK(vm.kernel.woken.size() == 1);
    CHECK(vm.pager->figures().prefetched == 0);
}

TEST_CASE("pages that will be needed are read without anybody waiting", "[vm]") {
    PagerFixture vm(8, 32, "fifo");
    vm.pager->advise(*vm.region, 3, 4, Hint::will_need);
    CHECK(vm.kernel.in_flight.size() == 4);
    vm.finish_io();
    CHECK(vm.kernel.woken.empty());
    for (const PageNo page : {3ul, 4ul, 5ul, 6ul})
        CHECK(vm.is_resident(page));
    CHECK(vm.pager->figures().faults == 0);
    CHECK(vm.access(3));
}

TEST_CASE("a thread that faults on a page read ahead waits for that read", "[vm]") {
    PagerFixture vm(8, 32, "fifo");
    vm.pager->advise(*vm.region, 3, 1, Hint::will_need);
    CHECK(!vm.access(3));
    CHECK(vm.kernel.in_flight.size() == 1);
    CHECK(vm.pager->figures().joined == 1);
    vm.finish_io();
    CHECK(vm.kernel.woken.size() == 1);
}

TEST_CASE("the policy hears what the application is done with, page by page", "[vm]") {
    heard.clear();
    PagerFixture vm(8, 32, ahead);
    vm.access_now(4); // with 5 and 6
    vm.pager->advise(*vm.region, 5, 9, Hint::done_with);
    CHECK(heard ==
          std::vector<std::pair<FrameNo, Hint>>{{1, Hint::done_with}, {2, Hint::done_with}});
    CHECK(vm.region->hint == Hint::none);
    vm.pager->advise(*vm.region, 0, 32, Hint::sequential);
    CHECK(vm.region->hint == Hint::sequential);
}
