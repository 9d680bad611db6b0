// tests/host/vm/force_property_test.cpp - threads at random, frames asked for and taken by force at
// random: no store is lost unless the pager says so, and no frame is used that is gone.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bindings/random.hpp"
#include "tests/host/simulator/pager_recording.hpp"
#include "tests/host/vm/pager_fixture.hpp"

using namespace vm_test;

namespace {

struct Wanted {
    std::uint64_t page = 0;
    bool write = false, waits = false;
};

class World {
public:
    World(std::uint64_t seed, std::string_view policy, std::size_t threads, std::uint32_t frames)
        : random_{seed},
          vm_{frames, frames * 2 + 3, policy},
          expected_{vm_.kernel.disk},
          wanted_(threads),
          policy_{policy},
          frames_{frames} {
        vm_.kernel.places = static_cast<std::uint32_t>(random_.below(3)) * 64;
        vm_.kernel.has_vector = random_.below(8) != 0;
        vm_.kernel.takes_at_once = random_.below(2) == 0;
        vm_.kernel.least = 2 * threads + 1;
    }

    void run(std::uint64_t steps) {
        for (std::uint64_t left = steps; vm_.kernel.lost.empty();) {
            resume();
            if (left == 0 && !anybody_waits())
                break;
            left -= left != 0;
            step(left != 0);
        }
        finish();
    }

private:
    bool anybody_waits() const { return std::ranges::any_of(wanted_, &Wanted::waits); }

    void resume() {
        for (libos::FaultingThread* const thread : std::exchange(vm_.kernel.woken, {})) {
            vm_.resume(*thread);
            touch(static_cast<std::size_t>(thread - vm_.threads), true);
        }
    }

    // The thread executes its instruction, again and again until it needs no upcall.
    void touch(std::size_t number, bool retried) {
        Wanted& wanted = wanted_[number];
        for (int turn = 0; turn < 4; ++turn) {
            if (vm_.kernel.access(wanted.page, wanted.write)) {
                wanted.waits = false;
                expected_[wanted.page] += wanted.write;
                RC_ASSERT(vm_.kernel.value_at(wanted.page) == expected_[wanted.page]);
                return;
            }
            if (!vm_.pager_fault(wanted.page, wanted.write, number, retried)) {
                wanted.waits = true;
                return;
            }
        }
        RC_FAIL("the thread does not get on");
    }

    void step(bool more) {
        const std::size_t number = random_.below(wanted_.size());
        switch (random_.below(12)) {
        case 0:
            if (more && gone() + 2 * wanted_.size() + 2 < frames_)
                take();
            break;
        case 1:
            if (more && vm_.kernel.wanted == 0)
                vm_.ask(static_cast<std::uint32_t>(1 + random_.below(3)));
            break;
        case 2:
            vm_.kernel.device_places = more ? random_.below(4) : 64;
            vm_.pager->handle_completions();
            break;
        case 3:
            vm_.kernel.finish_taking();
            vm_.pager->handle_repossession();
            break;
        case 4:
        case 5:
        case 6:
        case 7:
            if (more && !wanted_[number].waits) {
                wanted_[number] = {random_.below(expected_.size()), random_.below(2) == 0};
                touch(number, false);
            }
            break;
        default:
            if (!vm_.kernel.in_flight.empty())
                vm_.complete(random_.below(vm_.kernel.in_flight.size()));
            else
                vm_.kernel.device_places = 64, vm_.pager->handle_completions();
        }
    }

    std::uint64_t gone() const {
        return vm_.frames_gone() +
               static_cast<std::uint64_t>(std::ranges::count(vm_.kernel.taken, true)) +
               vm_.kernel.wanted;
    }
    void take() {
        for (std::uint64_t frame = frames_; frame-- != 0;)
            if (vm_.kernel.lives(FakeKernel::capability_of(frame)) && random_.below(3) == 0) {
                vm_.kernel.take(frame);
                break;
            }
        if (random_.below(2) == 0)
            vm_.pager->handle_repossession();
    }

    void finish() {
        vm_.kernel.device_places = 64;
        const std::uint64_t failed = vm_.pager->write_back_all();
        RC_ASSERT(failed == vm_.pager->figures().lost);
        vm_.kernel.finish_taking(); // frames that held nothing are not waited for
        vm_.pager->handle_repossession();
        std::uint64_t differ = 0;
        for (std::uint64_t page = 0; page < expected_.size(); ++page)
            differ += vm_.kernel.disk[page] != expected_[page];
        RC_ASSERT(differ <= failed); // a page may be lost that was only perhaps dirty
        RC_ASSERT(vm_.pager->frame_count() + vm_.frames_gone() +
                      static_cast<std::uint64_t>(std::ranges::count(vm_.kernel.taken, true)) ==
                  frames_);
        if (vm_.kernel.has_vector && vm_.kernel.places == abi::repossession_slots)
            RC_ASSERT(failed == 0u);
        RC_ASSERT(differs(vm_, policy_, frames_) == "");
    }

    bindings::Random random_;
    PagerFixture vm_;
    std::vector<std::uint64_t> expected_;
    std::vector<Wanted> wanted_;
    std::string_view policy_;
    std::uint64_t frames_;
};

} // namespace

TEST_CASE("whatever is taken, nothing is lost that the pager does not report", "[vm][force]") {
    const std::string_view policy =
        GENERATE(from_range(libos::policy_table().begin(), libos::policy_table().end())).name;
    CHECK(rc::check([&] {
        const auto threads = *rc::gen::inRange<std::size_t>(1, 6);
        const auto least = static_cast<std::uint32_t>(libos::minimum_frames(threads));
        const auto frames = *rc::gen::inRange(least + 4, least + 24);
        World{*rc::gen::arbitrary<std::uint64_t>(), policy, threads, frames}.run(600);
    }));
}
