// tests/host/vm/pager_policy_test.cpp - between the pager and its policy: what it is told and when,
// and what becomes of its answers.

#include <catch2/catch.hpp>

#include "libos/vm/policy_operations.hpp"
#include "tests/host/vm/pager_fixture.hpp"

using namespace vm_test;
using libos::Fault;
using libos::FrameNo;
using libos::PageNo;

namespace {

// What the spy is told, and what it shall answer.
std::vector<PageNo> mapped, unmapped;
std::vector<FrameNo> answers;
bool clears_all_bits = false;
std::uint32_t frames_of_pool = 0;

struct Spy {
    bool init(const libos::PolicySetup& setup) noexcept {
        mapped.clear();
        unmapped.clear();
        answers.clear();
        clears_all_bits = false;
        frames_of_pool = setup.frames;
        return true;
    }
    std::uint32_t select_victims(auto& view, const Fault&, std::span<FrameNo> out) noexcept {
        if (clears_all_bits)
            for (FrameNo frame = 0; frame < frames_of_pool; ++frame)
                view.test_and_clear_a(frame);
        std::uint32_t count = 0;
        for (const FrameNo answer : answers)
            if (count < out.size())
                out[count++] = answer;
        return count;
    }
    void on_mapped(FrameNo, const Fault& fault) noexcept { mapped.push_back(fault.page); }
    void on_unmapped(FrameNo, PageNo page) noexcept { unmapped.push_back(page); }
};
constexpr libos::PolicyOperations spy = libos::operations_of<Spy>("spy");

void fill(PagerFixture& vm) {
    for (std::uint64_t page = 0; page < vm.pager->frame_count(); ++page)
        vm.access_now(page);
}

} // namespace

TEST_CASE("the policy hears of mapped pages in fault order, whatever completes first",
          "[vm][pager][policy]") {
    PagerFixture vm{4, 8, spy};
    for (std::size_t i = 0; i < 3; ++i)
        vm.access(i, false, i);
    vm.complete(2);
    CHECK(mapped.empty());
    CHECK(vm.kernel.woken == std::vector{&vm.threads[2]}); // the thread need not wait for that
    vm.complete(0);
    CHECK(mapped == std::vector<PageNo>{0});
    vm.complete(0);
    CHECK(mapped == std::vector<PageNo>{0, 1, 2});
}

TEST_CASE("the victim is the policy's first proposal", "[vm][pager][policy]") {
    PagerFixture vm{4, 8, spy};
    fill(vm);
    answers = {2};
    vm.access_now(5);
    CHECK(unmapped == std::vector<PageNo>{2});
    CHECK(vm.pager->figures().fallbacks == 0);
}

TEST_CASE("a bad answer is refused and counted, and FIFO steps in", "[vm][pager][policy]") {
    const auto [answer, reason] = GENERATE(table<std::vector<FrameNo>, std::uint64_t>(
        {{{}, 1}, {{77}, 2}, {{libos::no_frame}, 2}, {{3}, 3}}));
    PagerFixture vm{4, 8, spy};
    for (const std::uint64_t page : {0u, 1u, 2u})
        vm.access_now(page);
    vm.access(3, false, 1); // in flight in frame 3
    answers = answer;
    vm.access(4, false, 2);
    CHECK(unmapped == std::vector<PageNo>{0});
    CHECK(vm.pager->figures().fallbacks == 1);
    const auto event =
        std::ranges::find(vm.kernel.events, abi::Event::policy_fallback, &Emitted::event);
    REQUIRE(event != vm.kernel.events.end());
    CHECK(event->words[2] == reason);
}

TEST_CASE("cleared reference bits are cleared in the translations before the thread resumes",
          "[vm][pager][policy]") {
    PagerFixture vm{4, 8, spy};
    fill(vm);
    clears_all_bits = true;
    answers = {1};
    vm.access(5);
    for (const std::uint64_t page : {0u, 2u, 3u})
        CHECK((vm.kernel.translations[page] & abi::translation::accessed) == 0);
    CHECK(vm.kernel.batches == 1); // neighbours and the removal: one call
}

TEST_CASE("more cleared bits than a batch holds are cleared all the same", "[vm][pager][policy]") {
    PagerFixture vm{40, 80, spy};
    for (std::uint64_t page = 0; page < 80; page += 2) // no neighbours: one request each
        vm.access_now(page);
    clears_all_bits = true;
    answers = {0};
    vm.access(1);
    for (std::uint64_t page = 2; page < 80; page += 2)
        CHECK((vm.kernel.translations[page] & abi::translation::accessed) == 0);
    CHECK(vm.kernel.batches > 1);
}

TEST_CASE("a dirty bit found at removal is not lost when bits are cleared with it",
          "[vm][pager][policy]") {
    PagerFixture vm{4, 8, spy};
    fill(vm);
    vm.access_now(2, true);
    clears_all_bits = true;
    answers = {2};
    vm.access(5);
    REQUIRE(vm.kernel.in_flight.size() == 1);
    CHECK(vm.kernel.in_flight[0].operation == abi::IoOperation::write);
    CHECK(vm.kernel.in_flight[0].block == 2);
}

TEST_CASE("the hash of victims is FNV-1a over their page numbers in order", "[vm][pager][policy]") {
    PagerFixture vm{3, 8};
    for (const std::uint64_t page : {0u, 1u, 2u, 3u, 4u})
        vm.access_now(page);
    std::uint64_t expected = 0xcbf29ce484222325;
    for (const std::uint64_t victim : {0u, 1u})
        expected = libos::add_to_hash(expected, victim);
    CHECK(vm.pager->figures().victims_hash == expected);
    // FNV-1a of the eight bytes 1, 0, 0, 0, 0, 0, 0, 0, computed by hand elsewhere
    CHECK(libos::add_to_hash(0xcbf29ce484222325, 1) == 0x89cd31291d2aefa4);
}
