// tests/host/simulator/simulation_test.cpp - known answers on the strings of the textbooks, what a
// policy may not do, and what every policy keeps.

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <set>

#include "tools/simulator/simulated_policies.hpp"

using namespace simulator;

namespace {

ReferenceString string_of(const std::vector<std::uint64_t>& pages) {
    ReferenceString string;
    for (const std::uint64_t page : pages) {
        const auto found = std::ranges::find(string.pages, page);
        const auto index = static_cast<std::uint32_t>(found - string.pages.begin());
        if (found == string.pages.end())
            string.pages.push_back(page);
        string.references.push_back({index << 2});
    }
    return string;
}

const SimulatedPolicy& policy(std::string_view name) {
    const auto all = simulated_policies();
    const auto found = std::ranges::find(all, name, &SimulatedPolicy::name);
    REQUIRE(found != all.end());
    return *found;
}

Figures exact(std::string_view name, const ReferenceString& string, std::uint32_t frames) {
    return policy(name).exact(string, frames, {.mode = Mode::exact}).value();
}
Figures hardware(std::string_view name, const ReferenceString& string, std::uint32_t frames) {
    return policy(name).hardware(string, frames, {}).value();
}

const ReferenceString belady = string_of({1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5});
const ReferenceString silberschatz =
    string_of({7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1});

ReferenceString loop_over(std::uint64_t pages, unsigned times) {
    std::vector<std::uint64_t> list;
    for (unsigned i = 0; i != times; ++i)
        for (std::uint64_t page = 0; page != pages; ++page)
            list.push_back(page);
    return string_of(list);
}

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

std::vector<std::uint64_t> generated(const char* what) {
    const auto pages = *rc::gen::inRange<std::uint64_t>(1, 24).as(what);
    return *rc::gen::container<std::vector<std::uint64_t>>(
        rc::gen::inRange<std::uint64_t>(0, pages));
}

} // namespace

TEST_CASE("textbook strings have their known faults in exact mode", "[simulator]") {
    struct Known {
        const char* name;
        std::uint64_t belady3, belady4, silberschatz3, silberschatz4;
    };
    for (const Known& known :
         {Known{"fifo", 9, 10, 15, 10}, Known{"lru", 10, 8, 12, 8}, Known{"clock", 10, 8, 11, 8},
          Known{"opt", 7, 6, 9, 8}, Known{"mru", 7, 6, 16, 12}, Known{"sieve", 10, 8, 11, 8},
          Known{"arc", 10, 7, 13, 9}, Known{"lfu", 10, 8, 11, 9}}) {
        INFO(known.name);
        CHECK(exact(known.name, belady, 3).faults == known.belady3);
        CHECK(exact(known.name, belady, 4).faults == known.belady4);
        CHECK(exact(known.name, silberschatz, 3).faults == known.silberschatz3);
        CHECK(exact(known.name, silberschatz, 4).faults == known.silberschatz4);
    }
    CHECK(hardware("clock", belady, 3).faults == 9); // mapped with the bit set: Belady's anomaly
    CHECK(hardware("clock", belady, 4).faults == 10);
    CHECK(hardware("clock", silberschatz, 3).faults == 14);
    CHECK(hardware("clock", silberschatz, 4).faults == 9);
}

TEST_CASE("a loop over one page more than there are frames", "[simulator]") {
    const ReferenceString loop = loop_over(65, 100);
    CHECK(exact("lru", loop, 64).faults == 6500);
    CHECK(exact("clock", loop, 64).faults == 6500);
    CHECK(hardware("clock", loop, 64).faults == 6500);
    CHECK(exact("opt", loop, 64).faults == 165);
    CHECK(exact("mru", loop, 64).faults == 165);
    CHECK(exact("unopt", loop, 64).faults == 6500);
}

TEST_CASE("four rounds over 16,384 pages have the faults that the booted libOS has",
          "[simulator]") {
    const ReferenceString loop = [] {
        ReferenceString string;
        for (std::uint32_t i = 0; i != 16'384; ++i)
            string.pages.push_back(i);
        for (std::uint32_t i = 0; i != 65'536; ++i)
            string.references.push_back({(i % 16'384) << 2});
        return string;
    }();
    CHECK(hardware("mru", loop, 7936).faults == 41'731);
    CHECK(hardware("mru", loop, 8192).faults == 40'963);
    CHECK(hardware("fifo", loop, 7936).faults == 65'536);
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

TEST_CASE("no policy has fewer faults than OPT, nor more than there are references",
          "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = string_of(generated("pages"));
        const auto frames = *rc::gen::inRange<std::uint32_t>(1, 12);
        const std::uint64_t least = exact("opt", string, frames).faults;
        for (const SimulatedPolicy& each : simulated_policies())
            for (const Run run : {each.hardware, each.exact}) {
                if (run == nullptr)
                    continue;
                const Rules rules{.mode = run == each.exact ? Mode::exact : Mode::hardware};
                const Figures figures = run(string, frames, rules).value();
                RC_ASSERT(figures.faults >= least);
                RC_ASSERT(figures.faults >= string.pages.size());
                RC_ASSERT(figures.faults <= string.references.size());
                RC_ASSERT(figures.faults - figures.evictions ==
                          std::min<std::uint64_t>(frames, string.pages.size()));
                RC_ASSERT(figures.fallbacks == 0u);
            }
    }));
}

TEST_CASE("frames for every page: each faults once", "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = string_of(generated("pages"));
        const auto frames = static_cast<std::uint32_t>(string.pages.size()) + 1;
        for (const SimulatedPolicy& each : simulated_policies())
            for (const Run run : {each.hardware, each.exact})
                if (run != nullptr)
                    RC_ASSERT(run(string, frames, {})->faults == string.pages.size());
    }));
}

TEST_CASE("with one frame more LRU never has more faults", "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = string_of(generated("pages"));
        const auto frames = *rc::gen::inRange<std::uint32_t>(1, 24);
        RC_ASSERT(exact("lru", string, frames + 1).faults <= exact("lru", string, frames).faults);
    }));
}

TEST_CASE("other names for the pages change no count", "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = string_of(generated("pages"));
        ReferenceString renamed = string;
        for (std::uint64_t& page : renamed.pages)
            page = page * 7 + 1'000'003;
        const auto frames = *rc::gen::inRange<std::uint32_t>(1, 12);
        for (const SimulatedPolicy& each : simulated_policies())
            for (const Run run : {each.hardware, each.exact})
                if (run != nullptr)
                    RC_ASSERT(run(string, frames, {})->faults == run(renamed, frames, {})->faults);
    }));
}
