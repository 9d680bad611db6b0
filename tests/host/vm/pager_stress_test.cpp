// tests/host/vm/pager_stress_test.cpp - threads that read and write at random, requests that
// complete in any order: no store is ever lost, and nothing is done that the kernel would refuse.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bindings/random.hpp"
#include "tests/host/simulator/pager_recording.hpp"
#include "tests/host/vm/pager_fixture.hpp"

using namespace vm_test;

namespace {

struct Access {
    std::uint64_t page;
    bool write;
};

void run(std::uint64_t seed, std::string_view policy, std::size_t threads, std::uint32_t frames,
         std::uint64_t pages) {
    bindings::Random random{seed};
    PagerFixture vm{frames, pages, policy};
    std::vector<std::uint64_t> expected = vm.kernel.disk;
    std::vector<Access> wanted(threads);
    std::vector<bool> waits(threads, false);
    std::size_t first = 0; // thread that runs; those before it wait for a flush
    std::uint64_t left = 400;
    const auto step = [&] {
        for (libos::FaultingThread* const thread : std::exchange(vm.kernel.woken, {})) {
            vm.resume(*thread);
            const auto number = static_cast<std::size_t>(thread - vm.threads);
            const Access access = wanted[number];
            waits[number] = false;
            RC_ASSERT(vm.kernel.access(access.page, access.write));
            expected[access.page] += access.write;
            RC_ASSERT(vm.kernel.value_at(access.page) == expected[access.page]);
        }
        const std::size_t thread = first + random.below(threads - first);
        if (!waits[thread] && left != 0 && random.below(3) != 0) {
            --left;
            wanted[thread] = {random.below(pages), random.below(2) == 0};
            if (vm.access(wanted[thread].page, wanted[thread].write, thread))
                expected[wanted[thread].page] += wanted[thread].write;
            else
                waits[thread] = true;
        } else if (!vm.kernel.in_flight.empty()) {
            vm.complete(random.below(vm.kernel.in_flight.size()));
        } else {
            RC_ASSERT(left != 0 || std::ranges::count(waits, true) == 0); // or nobody wakes it
        }
    };
    const auto flush = [&] { // by thread 0, while the others go on
        const std::vector<std::uint64_t> before(expected.begin(), expected.end());
        vm.kernel.others = [&] {
            for (std::uint64_t steps = 1 + random.below(8); steps != 0; --steps)
                step();
        };
        RC_ASSERT(vm.pager->write_back_all(libos::Pager<FakeKernel>::Others::run) == 0u);
        vm.kernel.others = nullptr;
        for (std::uint64_t page = 0; page < pages; ++page) // pages only count upwards
            RC_ASSERT(vm.kernel.disk[page] >= before[page]);
    };
    while (left != 0 || std::ranges::count(waits, true) != 0) {
        first = 0;
        if (threads != 1 && !waits[0] && random.below(40) == 0) {
            first = 1;
            flush();
        }
        first = 0;
        step();
    }
    RC_ASSERT(vm.pager->write_back_all() == 0u);
    RC_ASSERT(vm.kernel.disk == expected);
    RC_ASSERT(vm.pager->figures().fallbacks == 0u);
    RC_ASSERT(differs(vm, policy, frames) == "");
}

} // namespace

TEST_CASE("no store is lost, whatever the threads do and whenever I/O completes", "[vm][pager]") {
    const std::string_view policy =
        GENERATE(from_range(libos::policy_table().begin(), libos::policy_table().end())).name;
    CHECK(rc::check([&] {
        const auto threads = *rc::gen::inRange<std::size_t>(1, 8);
        const auto least = static_cast<std::uint32_t>(libos::minimum_frames(threads));
        const auto frames = *rc::gen::inRange(least, least + 8);
        run(*rc::gen::arbitrary<std::uint64_t>(), policy, threads, frames, frames * 2 + 3);
    }));
}
