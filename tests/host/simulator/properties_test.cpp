// tests/host/simulator/properties_test.cpp - what holds for every policy in both modes on every
// string. See tests/CMakeLists.txt for how often it is tried.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bindings/random.hpp"
#include "tests/host/simulator/support.hpp"
#include "tests/host/vm/policy_machine.hpp"
#include "tools/simulator/policies/arc.hpp"

using namespace simulator;
using simulator_test::exact;

namespace {

// From a seed, because generating each reference by itself takes longer than all policies do. Half
// of the references go to few pages, a quarter are writes.
ReferenceString any_string() {
    bindings::Random random(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
    const auto length = *rc::gen::inRange<std::size_t>(0, 90).as("length");
    const std::uint64_t pages = 1 + random.below(30);
    ReferenceString string;
    std::vector<std::uint32_t> index(pages, ~0u);
    for (std::size_t i = 0; i != length; ++i) {
        const std::uint64_t page = random.below(random.below(2) == 0 ? 1 + pages / 4 : pages);
        if (index[page] == ~0u) {
            index[page] = static_cast<std::uint32_t>(string.pages.size());
            string.pages.push_back(page);
        }
        string.references.push_back(
            {index[page] << 2 | (random.below(4) == 0 ? Reference::written : 0)});
    }
    return string;
}

std::uint32_t any_frames() { return *rc::gen::inRange(1u, 16u).as("frames"); }

// `check(name, run, rules)` for every policy that takes so few frames, in every mode, in the hw
// mode with grace and without.
template <class Check> void for_every_policy(std::uint32_t frames, Check check) {
    for (const SimulatedPolicy& policy : simulated_policies()) {
        if (frames < policy.least_frames)
            continue;
        if (policy.exact != nullptr)
            check(policy.name, policy.exact, Rules{.mode = Mode::exact});
        if (policy.hardware != nullptr) {
            check(policy.name, policy.hardware, Rules{});
            check(policy.name, policy.hardware, Rules{.paging = {.grace = true}});
        }
    }
}

} // namespace

TEST_CASE("no policy has fewer faults than OPT, nor does it fall back to FIFO",
          "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = any_string();
        const std::uint32_t frames = any_frames();
        const std::uint64_t least = exact("opt", string, frames).faults;
        RC_ASSERT(least >= string.pages.size());
        for_every_policy(frames, [&](std::string_view name, Run run, const Rules& rules) {
            const Figures figures = run(string, frames, rules).value();
            if (figures.faults < least || figures.fallbacks != 0)
                RC_FAIL(std::string(name));
        });
    }));
}

TEST_CASE("what was mapped and not unmapped is resident: all frames, or every page",
          "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = any_string();
        const std::uint32_t frames = any_frames();
        for_every_policy(frames, [&](std::string_view name, Run run, const Rules& rules) {
            const Figures figures = run(string, frames, rules).value();
            if (figures.faults - figures.evictions !=
                    std::min<std::uint64_t>(frames, string.pages.size()) ||
                figures.faults > string.references.size())
                RC_FAIL(std::string(name));
        });
    }));
}

TEST_CASE("with a frame for every page each page faults once", "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = any_string();
        const auto frames = static_cast<std::uint32_t>(std::max<std::size_t>(
            1, string.pages.size() + *rc::gen::inRange<std::size_t>(0, 3).as("more")));
        for_every_policy(frames, [&](std::string_view name, Run run, const Rules& rules) {
            if (run(string, frames, rules)->faults != string.pages.size())
                RC_FAIL(std::string(name));
        });
    }));
}

TEST_CASE("other names for the pages change no count", "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = any_string();
        const std::uint32_t frames = any_frames();
        ReferenceString renamed = string;
        const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("names");
        for (std::uint64_t& page : renamed.pages) // splitmix64 gives no two the same
            page = bindings::Random(seed + page).next();
        for_every_policy(frames, [&](std::string_view name, Run run, const Rules& rules) {
            const Figures one = run(string, frames, rules).value();
            const Figures other = run(renamed, frames, rules).value();
            if (one.faults != other.faults || one.dirty_evictions != other.dirty_evictions ||
                one.cleared != other.cleared)
                RC_FAIL(std::string(name));
        });
    }));
}

TEST_CASE("with one frame more LRU and OPT never have more faults", "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = any_string();
        const std::uint32_t frames = any_frames();
        for (const char* const name : {"lru", "opt"})
            RC_ASSERT(exact(name, string, frames + 1).faults <= exact(name, string, frames).faults);
    }));
}

TEST_CASE("SIEVE has LFU's victims until its hand has been round", "[simulator][property]") {
    const auto property = [] {
        // Until then the hand has a page before it that was used once; the oldest such goes under
        // both. It is round when there is none, and after it has taken the newest page.
        ReferenceString string = any_string();
        const std::uint32_t frames = any_frames();
        std::vector<std::uint32_t> uses(string.pages.size()), once; // once: oldest first
        std::uint32_t newest = 0;
        std::size_t faults = 0, length = 0;
        for (bool round = false; length != string.references.size(); ++length) {
            const std::uint32_t page = string.references[length].page();
            if (uses[page]++ != 0) {
                std::erase(once, page);
                continue;
            }
            if (faults++ >= frames) {
                if (round || once.empty())
                    break;
                round = once.front() == newest;
                uses[once.front()] = 0;
                once.erase(once.begin());
            }
            once.push_back(newest = page);
        }
        string.references.resize(length);
        const Figures sieve = exact("sieve", string, frames);
        RC_ASSERT(sieve.victims_hash == exact("lfu", string, frames).victims_hash);
        RC_CLASSIFY(sieve.evictions >= frames);
    };
    CHECK(rc::check(property));
}

TEST_CASE("ARC and CAR remember no more than their papers allow", "[simulator][property]") {
    const auto check = []<class Policy> {
        const ReferenceString string = any_string();
        const std::uint32_t frames = any_frames();
        vm_test::Machine<Policy> machine{frames};
        const Policy& policy = machine.policy();
        for (const Reference reference : string.references) {
            machine.touch(string.pages[reference.page()]);
            const std::size_t once =
                policy.resident(Policy::once) + policy.remembered(Policy::once);
            const std::size_t often =
                policy.resident(Policy::often) + policy.remembered(Policy::often);
            RC_ASSERT(policy.resident(Policy::once) + policy.resident(Policy::often) ==
                      machine.resident());
            RC_ASSERT(once <= frames);
            RC_ASSERT(once + often <= 2 * frames);
            // Names are kept only while all frames are taken.
            RC_ASSERT(machine.resident() == frames || once + often == machine.resident());
        }
    };
    CHECK(rc::check([&] { check.operator()<policies::Arc>(); }));
    CHECK(rc::check([&] { check.operator()<libos::policies::Car>(); }));
}

TEST_CASE("CLOCK-Pro keeps its pages hot or cold and remembers as many as it has frames",
          "[simulator][property]") {
    CHECK(rc::check([] {
        const ReferenceString string = any_string();
        const std::uint32_t frames = any_frames();
        vm_test::Machine<libos::policies::ClockPro> machine{frames};
        const libos::policies::ClockPro& policy = machine.policy();
        for (const Reference reference : string.references) {
            machine.touch(string.pages[reference.page()]);
            RC_ASSERT(policy.hot() + policy.cold() == machine.resident());
            RC_ASSERT(policy.remembered() <= frames);
            RC_ASSERT(policy.cold_target() >= 1u);
            RC_ASSERT(policy.cold_target() <= std::max(1u, frames - 1));
        }
    }));
}
