// tests/host/simulator/simulation_test.cpp - the machine that shows a policy what the libOS would:
// what a policy hears, what it may not do, and what is counted.

#include "tests/host/simulator/support.hpp"
#include "tools/simulator/policies/lru.hpp"

using namespace simulator;
using namespace simulator_test;

namespace {

// Gives answers that cannot be; `answer` 0: none, 1: no such frame, else: bits without end.
template <int answer> struct Bad {
    bool init(const libos::PolicySetup& setup) noexcept { return setup.frames >= 3; }
    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        if (answer == 1) {
            out[0] = 1'000'000;
            return 1;
        }
        if (answer == 2)
            while (!view.test_and_clear_a(0) || view.test_and_clear_a(0)) {
                if (++asked > 1'000'000)
                    break;
            }
        return 0;
    }
    void on_mapped(FrameNo, const Fault&) noexcept {}
    void on_unmapped(FrameNo, PageNo) noexcept {}
    std::uint64_t asked = 0;
};

} // namespace

TEST_CASE("a policy hears of hits in the exact mode only", "[simulator]") {
    const ReferenceString string = string_of({1, 2, 1, 3, 2, 3, 1, 2});
    const auto victims = [&](auto type, Mode mode) {
        return Simulation<decltype(type)>(string, 2, {.mode = mode}).run().victims_hash;
    };
    const std::uint64_t fifo = hardware("fifo", string, 2).victims_hash;
    CHECK(victims(policies::Lru{}, Mode::exact) != fifo);
    CHECK(victims(policies::Lru{}, Mode::hardware) == fifo);
}

TEST_CASE("an answer that cannot be is counted, and FIFO steps in", "[simulator]") {
    const ReferenceString loop = loop_over(5, 4);
    const Figures fifo = hardware("fifo", loop, 3);
    const auto check = [&](Figures figures) {
        CHECK(figures.fallbacks == figures.evictions);
        CHECK(figures.faults == fifo.faults);
        CHECK(figures.victims_hash == fifo.victims_hash);
    };
    check(Simulation<Bad<0>>(loop, 3, {}).run());
    check(Simulation<Bad<1>>(loop, 3, {}).run());
    check(Simulation<Bad<2>>(loop, 3, {}).run());
    CHECK_FALSE(Simulation<Bad<0>>(loop, 2, {}).ready());
}

TEST_CASE("a page that was written is a dirty eviction, once", "[simulator]") {
    ReferenceString string = string_of({1, 2, 1, 3, 1, 2});
    string.references[0].word |= Reference::written;
    const Figures figures = hardware("fifo", string, 2);
    CHECK(figures.faults == 5); // 1, 2, 3 for 1, 1 for 2, 2 for 3
    CHECK(figures.evictions == 3);
    CHECK(figures.dirty_evictions == 1);
}

TEST_CASE("random choices are the seed's", "[simulator]") {
    const ReferenceString loop = loop_over(40, 20);
    const auto run = [&](std::uint64_t seed) {
        return policy("random").hardware(loop, 16, {.seed = seed})->victims_hash;
    };
    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
}

TEST_CASE("the second name of a policy is that policy's", "[simulator]") {
    CHECK(policy("clock").alias == "second-chance");
}
