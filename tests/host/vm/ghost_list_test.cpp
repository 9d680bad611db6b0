// tests/host/vm/ghost_list_test.cpp - the names of gone pages, against a std::deque.

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <rapidcheck.h>
#include <vector>

#include "libos/vm/ghost_list.hpp"

using libos::GhostList;
using libos::PageNo;

namespace {

// A list in an arena of exactly its size.
struct Ghosts : GhostList {
    explicit Ghosts(std::uint32_t capacity) : words(arena_bytes(capacity) / 8) {
        std::span<std::byte> arena = std::as_writable_bytes(std::span{words});
        REQUIRE(init(arena, capacity));
        REQUIRE(arena.empty());
    }
    std::vector<std::uint64_t> words;
};

} // namespace

TEST_CASE("the oldest ghost is forgotten when one more comes than there is room", "[vm][ghosts]") {
    Ghosts ghosts(3);
    for (const PageNo page : {7u, 8u, 9u, 10u})
        ghosts.push(page);
    CHECK(ghosts.size() == 3);
    CHECK_FALSE(ghosts.contains(7));
    CHECK(ghosts.contains(8));
    CHECK(ghosts.page_in(ghosts.oldest()) == 8);
    CHECK(ghosts.remove(9));
    CHECK_FALSE(ghosts.remove(9));
    ghosts.push(8); // it is the newest now
    CHECK(ghosts.size() == 2);
    CHECK(ghosts.page_in(ghosts.oldest()) == 10);
}

TEST_CASE("a list of no ghosts keeps none", "[vm][ghosts]") {
    Ghosts ghosts(0);
    CHECK(ghosts.push(7) == GhostList::no_slot);
    CHECK_FALSE(ghosts.contains(7));
    ghosts.forget_oldest();
    CHECK(ghosts.size() == 0);
}

TEST_CASE("a list that does not fit into its arena takes nothing", "[vm][ghosts]") {
    std::vector<std::uint64_t> words(GhostList::arena_bytes(5) / 8 - 1);
    std::span<std::byte> arena = std::as_writable_bytes(std::span{words});
    GhostList ghosts;
    CHECK_FALSE(ghosts.init(arena, 5));
    CHECK(arena.size() == words.size() * 8);
}

TEST_CASE("ghosts are what a queue with look-up would hold, whatever comes and goes",
          "[vm][ghosts]") {
    const auto property = [] {
        const auto capacity = *rc::gen::inRange<std::uint32_t>(1, 12);
        Ghosts ghosts(capacity);
        std::deque<PageNo> expected;
        const auto name = [](PageNo number) { return number % 5 << 40 | number / 5; };
        for (const auto& [what, number] : *rc::gen::container<std::vector<std::pair<int, PageNo>>>(
                 rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange<PageNo>(0, 30)))) {
            const PageNo page = name(number);
            const auto found = std::ranges::find(expected, page);
            const bool known = found != expected.end();
            RC_ASSERT(ghosts.contains(page) == known);
            if (known && what != 0)
                expected.erase(found);
            if (what == 0) {
                ghosts.forget_oldest();
                if (!expected.empty())
                    expected.pop_front();
            } else if (what < 3) {
                RC_ASSERT(ghosts.remove(page) == known);
            } else {
                if (expected.size() == capacity)
                    expected.pop_front();
                expected.push_back(page);
                const GhostList::Slot slot = ghosts.push(page);
                RC_ASSERT(slot < capacity);
                RC_ASSERT(ghosts.page_in(slot) == page);
                RC_ASSERT(ghosts.find(page) == slot);
            }
            RC_ASSERT(ghosts.size() == expected.size());
            if (!expected.empty())
                RC_ASSERT(ghosts.page_in(ghosts.oldest()) == expected.front());
        }
        for (PageNo number = 0; number != 30; ++number)
            RC_ASSERT(ghosts.contains(name(number)) ==
                      (std::ranges::find(expected, name(number)) != expected.end()));
        for (const PageNo page : expected) {
            RC_ASSERT(ghosts.page_in(ghosts.oldest()) == page);
            ghosts.forget_oldest();
        }
    };
    CHECK(rc::check(property));
}
