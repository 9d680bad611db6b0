// tests/host/vm/policy_properties_test.cpp - what holds for every policy on every string.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <numeric>

#include "tests/host/vm/policy_machine.hpp"

using namespace vm_test;
using libos::policies::Clock;
using libos::policies::Fifo;
using libos::policies::Mru;

namespace {
std::vector<PageNo> any_string(PageNo pages) {
    return *rc::gen::container<std::vector<PageNo>>(rc::gen::inRange<PageNo>(0, pages));
}
std::size_t distinct(const std::vector<PageNo>& string) {
    return std::set<PageNo>(string.begin(), string.end()).size();
}
} // namespace

TEMPLATE_TEST_CASE("every distinct page faults at least once", "[vm][policy]", Fifo, Clock, Mru) {
    CHECK(rc::check([] {
        const auto string = any_string(24);
        RC_ASSERT(faults_on<TestType>(string, *rc::gen::inRange(1u, 12u)) >= distinct(string));
    }));
}

TEMPLATE_TEST_CASE("with a frame for each distinct page every page faults once", "[vm][policy]",
                   Fifo, Clock, Mru) {
    CHECK(rc::check([] {
        const auto string = any_string(24);
        const auto count = static_cast<std::uint32_t>(std::max<std::size_t>(1, distinct(string)));
        RC_ASSERT(faults_on<TestType>(string, count) == distinct(string));
    }));
}

TEMPLATE_TEST_CASE("mapped minus unmapped is resident and never above the frames", "[vm][policy]",
                   Fifo, Clock, Mru) {
    CHECK(rc::check([] {
        const auto string = any_string(24);
        const auto frames = *rc::gen::inRange(1u, 12u);
        Machine<TestType> machine{frames};
        for (const PageNo page : string) {
            machine.touch(page); // throws if a victim is not resident
            RC_ASSERT(machine.faults - machine.victims.size() == machine.resident());
            RC_ASSERT(machine.resident() <= frames);
        }
    }));
}

TEMPLATE_TEST_CASE("renaming the pages changes neither faults nor victims", "[vm][policy]", Fifo,
                   Clock, Mru) {
    CHECK(rc::check([] {
        const auto string = any_string(24);
        const auto frames = *rc::gen::inRange(1u, 12u);
        const auto offset = *rc::gen::inRange<PageNo>(1, 1000);
        const auto rename = [&](PageNo page) { return (page * 7 + offset) % 1009; };
        Machine<TestType> plain{frames};
        Machine<TestType> renamed{frames};
        std::vector<PageNo> expected;
        for (const PageNo page : string) {
            plain.touch(page);
            renamed.touch(rename(page));
        }
        expected.reserve(plain.victims.size());
        for (const PageNo page : plain.victims)
            expected.push_back(rename(page));
        RC_ASSERT(renamed.faults == plain.faults);
        RC_ASSERT(renamed.victims == expected);
    }));
}
