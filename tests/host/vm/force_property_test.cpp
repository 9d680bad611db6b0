// tests/host/vm/force_property_test.cpp - threads at random, frames asked for and taken by force at
// random: no store is lost unless the pager says so, and no frame is used that is gone.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bindings/random.hpp"
#include "libos/vm/policy_operations.hpp"
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
    World(std::uint64_t seed, const libos::PolicyOperations& policy, std::size_t threads,
          std::uint32_t frames, const libos::PagingRules& rules = {},
          simulator::PolicyMaker make = simulator::replayed_policy)
        : random_{seed},
          vm_{frames, frames * 2 + 3, policy, libos::Access::writable, ~0ull, rules},
          expected_{vm_.kernel.disk},
          wanted_(threads),
          policy_{policy.name},
          rules_{rules},
          make_{make},
          frames_{frames} {
        vm_.kernel.places = static_cast<std::uint32_t>(random_.below(3)) * 64;
        vm_.kernel.has_vector = random_.below(8) != 0;
        vm_.kernel.takes_at_once = random_.below(2) == 0;
        vm_.kernel.least = 2 * threads + 1;
    }

    void run(std::uint64_t steps, bool advises = false) {
        advises_ = advises;
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
        switch (random_.below(advises_ ? 13 : 12)) {
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
        case 12:
            if (more)
                advise();
            break;
        default:
            if (!vm_.kernel.in_flight.empty())
                vm_.complete(random_.below(vm_.kernel.in_flight.size()));
            else
                vm_.kernel.device_places = 64, vm_.pager->handle_completions();
        }
    }

    void advise() {
        const std::uint64_t first = random_.below(expected_.size());
        const std::uint64_t count = 1 + random_.below(std::min(expected_.size() - first, 6ul));
        vm_.pager->advise(*vm_.region, first, count, static_cast<libos::Hint>(random_.below(5)));
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
        RC_ASSERT(differs(vm_, policy_, frames_, rules_, make_) == "");
    }

    bindings::Random random_;
    PagerFixture vm_;
    std::vector<std::uint64_t> expected_;
    std::vector<Wanted> wanted_;
    std::string_view policy_;
    bool advises_ = false;
    libos::PagingRules rules_;
    simulator::PolicyMaker make_;
    std::uint64_t frames_;
};

// Has every hook, and lets each decide what goes next: whatever it hears late, twice or not at all
// changes its victims. Some of its proposals are no good.
class Eager : public libos::ListPolicy {
public:
    bool init(const libos::PolicySetup& setup) noexcept {
        frames_ = setup.frames;
        return ListPolicy::init(setup);
    }
    std::uint32_t select_victims(auto& view, const libos::Fault& fault,
                                 std::span<libos::FrameNo> out) noexcept {
        std::uint32_t count = 0;
        if (fault.sequence % 5 == 0)
            out[count++] = fault.sequence % 2 == 0 ? frames_ : order_.front();
        for (std::uint32_t left = resident_; left != 0 && count != out.size(); --left) {
            const libos::FrameNo hand = order_.front();
            if ((fault.sequence % 3 == 0 || !view.pinned(hand)) && !view.test_and_clear_a(hand))
                out[count++] = hand;
            order_.remove(hand);
            order_.push_back(hand);
        }
        return count;
    }
    void on_mapped(libos::FrameNo frame, const libos::Fault& fault) noexcept {
        order_.push_back(frame);
        ++resident_;
        if (fault.hint == libos::Hint::sequential || fault.why == libos::Why::prefetch)
            for (std::uint32_t left = resident_ - 1; left != 0; --left) // to the front
                back_with(order_.front());
    }
    void on_unmapped(libos::FrameNo frame, libos::PageNo) noexcept {
        order_.remove(frame);
        --resident_;
    }
    static std::uint32_t harvest_every() noexcept { return 3; }
    void on_harvest(std::span<const libos::FrameNo> accessed) noexcept {
        for (const libos::FrameNo frame : accessed)
            back_with(frame);
    }
    std::uint32_t prefetch(const libos::Fault& fault, std::span<libos::PageNo> out) noexcept {
        back_with(order_.front());
        out[0] = fault.page + 1;
        out[1] = fault.page + 3;
        return static_cast<std::uint32_t>(fault.sequence % 3);
    }
    std::uint32_t cluster(auto& view, libos::FrameNo victim,
                          std::span<libos::FrameNo> out) noexcept {
        std::uint32_t count = 0;
        libos::FrameNo frame = order_.next(victim);
        for (; frame != libos::no_frame && count != out.size(); frame = order_.next(frame))
            if (view.dirty(frame))
                out[count++] = frame;
        if (count != 0 && !view.test_and_clear_a(out[0]))
            back_with(out[0]);
        return count;
    }
    void on_hint(libos::FrameNo frame, libos::Hint hint) noexcept {
        if (hint == libos::Hint::will_need)
            back_with(frame);
    }

private:
    void back_with(libos::FrameNo frame) {
        if (frame == libos::no_frame)
            return;
        order_.remove(frame);
        order_.push_back(frame);
    }
    std::uint32_t resident_ = 0, frames_ = 0;
};

constexpr libos::PolicyOperations eager = libos::operations_of<Eager>("eager");

std::unique_ptr<simulator::ReplayedPolicy> make_eager(std::string_view, std::uint32_t frames,
                                                      std::uint64_t seed) {
    return simulator::replayed<Eager>(frames, seed);
}

libos::PagingRules any_rules(std::uint32_t frames) {
    return {.grace = *rc::gen::arbitrary<bool>(),
            .batch = *rc::gen::inRange(1u, 6u),
            .cluster = *rc::gen::inRange(1u, 5u),
            .early = *rc::gen::inRange(0u, frames / 2)};
}

} // namespace

TEST_CASE("whatever rules are chosen, nothing is lost, and the run replays", "[vm][rules]") {
    CHECK(rc::check([&] {
        const auto threads = *rc::gen::inRange<std::size_t>(1, 6);
        const auto least = static_cast<std::uint32_t>(libos::minimum_frames(threads));
        const auto frames = *rc::gen::inRange(least + 4, least + 24);
        World{*rc::gen::arbitrary<std::uint64_t>(),
              eager,
              threads,
              frames,
              any_rules(frames),
              make_eager}
            .run(600, true);
    }));
}

TEST_CASE("whatever is taken, nothing is lost that the pager does not report", "[vm][force]") {
    const libos::PolicyOperations policy =
        GENERATE(from_range(libos::policy_table().begin(), libos::policy_table().end()));
    CHECK(rc::check([&] {
        const auto threads = *rc::gen::inRange<std::size_t>(1, 6);
        const auto least = static_cast<std::uint32_t>(libos::minimum_frames(threads));
        const auto frames = *rc::gen::inRange(least + 4, least + 24);
        World{*rc::gen::arbitrary<std::uint64_t>(), policy, threads, frames}.run(600);
    }));
}
