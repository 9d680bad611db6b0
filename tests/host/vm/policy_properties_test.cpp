// tests/host/vm/policy_properties_test.cpp - what holds for every shipped policy on every string,
// whatever is written and pinned. See tests/CMakeLists.txt for how often it is tried.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bindings/random.hpp"
#include "tests/host/vm/policy_machine.hpp"

using namespace vm_test;

namespace {

struct Access {
    PageNo page;
    bool writes, pins; // pins: until the page is touched again without
};

// From a seed, because generating each access by itself takes longer than the policies do. Half of
// the accesses go to few pages.
std::vector<Access> any_string() {
    bindings::Random random(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
    std::vector<Access> string(*rc::gen::inRange<std::size_t>(0, 90).as("length"));
    const std::uint64_t pages = 1 + random.below(30);
    for (Access& access : string) {
        const bool near = random.below(2) == 0;
        access = {random.below(near ? 1 + pages / 4 : pages), random.below(4) == 0,
                  random.below(8) == 0};
    }
    return string;
}

// Rather few, but as many as the policy needs.
template <class Policy> std::uint32_t any_frames(std::uint32_t more = 15) {
    constexpr std::uint32_t least = libos::least_frames_of<Policy>();
    return *rc::gen::inRange(least, least + more).as("frames");
}

} // namespace

TEMPLATE_LIST_TEST_CASE("victims are resident and not pinned, and resident is mapped less unmapped",
                        "[vm][policy][property]", ShippedPolicies) {
    CHECK(rc::check([] {
        const auto string = any_string();
        const std::uint32_t frames = any_frames<TestType>();
        Machine<TestType> machine{frames};
        std::set<PageNo> distinct, pinned;
        for (const Access& access : string) {
            distinct.insert(access.page);
            machine.touch(access.page, access.writes); // throws if a victim cannot be
            // One frame at least stays free to go.
            const bool pins = access.pins && pinned.size() + 1 < frames;
            machine.bits().frames[machine.frame_of(access.page)].pinned = pins;
            if (pins)
                pinned.insert(access.page);
            else
                pinned.erase(access.page);
            RC_ASSERT(machine.faults - machine.victims.size() == machine.resident());
            RC_ASSERT(machine.resident() <= frames);
            RC_ASSERT(machine.faults >= distinct.size());
        }
    }));
}

TEMPLATE_LIST_TEST_CASE("pages may go unasked, their frames too, and victims in batches",
                        "[vm][policy][property]", ShippedPolicies) {
    CHECK(rc::check([] {
        const auto string = any_string();
        std::uint32_t frames = any_frames<TestType>(40);
        Machine<TestType> machine{frames};
        machine.batch = *rc::gen::inRange(1u, 8u).as("batch");
        for (const Access& access : string) {
            machine.touch(access.page, access.writes); // throws if a victim cannot be
            if ((access.writes || access.page % 2 == 0) &&
                frames != libos::least_frames_of<TestType>()) {
                machine.lose(access.page, !access.pins);
                frames -= access.pins ? 0 : 1;
            }
            RC_ASSERT(machine.resident() <= frames);
        }
    }));
}

TEMPLATE_LIST_TEST_CASE("other names for the pages change no victim", "[vm][policy][property]",
                        ShippedPolicies) {
    const auto property = [] {
        const auto string = any_string();
        const std::uint32_t frames = any_frames<TestType>();
        const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("names");
        // splitmix64 gives no two the same
        const auto rename = [&](PageNo page) { return bindings::Random(seed + page).next(); };
        Machine<TestType> plain{frames};
        Machine<TestType> renamed{frames};
        for (const Access& access : string) {
            plain.touch(access.page, access.writes);
            renamed.touch(rename(access.page), access.writes);
        }
        RC_ASSERT(renamed.victims.size() == plain.victims.size());
        for (std::size_t i = 0; i != plain.victims.size(); ++i)
            RC_ASSERT(renamed.victims[i] == rename(plain.victims[i]));
    };
    CHECK(rc::check(property));
}
