// tests/host/vm/advised_test.cpp - the policy that is told: what the application's advice does to
// the order in which pages go, and to what is read along.

#include <array>
#include <catch2/catch.hpp>
#include <utility>

#include "libos/vm/policies/advised.hpp"
#include "tests/host/vm/policy_machine.hpp"

using libos::Fault;
using libos::FrameNo;
using libos::Hint;
using libos::PageNo;
using libos::Why;
using vm_test::FrameBits;

namespace {

constexpr std::uint32_t frames = 64; // two pages are read along

// The policy and the bits of its frames; the test plays the pager.
struct Told {
    Told() : arena(libos::arena_bytes_of<libos::policies::Advised>(frames)) {
        bits.frames.resize(frames);
        REQUIRE(policy.init({frames, 1, arena}));
    }

    /// A page comes into frame `frame`; one that is read along has not been used.
    void map(FrameNo frame, PageNo page, Hint hint, Why why = Why::read, std::uint32_t region = 0) {
        bits.frames[frame] = {.page = page, .resident = true, .accessed = why != Why::prefetch};
        policy.on_mapped(frame, {page, why, ++sequence, region, hint});
    }
    void use(FrameNo frame) { bits.frames[frame].accessed = true; }
    FrameNo victim() {
        std::array<FrameNo, 1> out{libos::no_frame};
        bits.begin_selection();
        REQUIRE(policy.select_victims(bits, {99, Why::read, ++sequence}, out) == 1);
        return out[0];
    }
    FrameNo evict() {
        const FrameNo frame = victim();
        policy.on_unmapped(frame, bits.frames[frame].page);
        bits.frames[frame].resident = false;
        return frame;
    }

    std::vector<std::byte> arena;
    FrameBits bits;
    libos::policies::Advised policy;
    std::uint64_t sequence = 0;
};

} // namespace

TEST_CASE("pages are read along with a sequential fault only", "[vm][policy]") {
    const Told told;
    std::array<PageNo, 8> out{};
    for (const Hint hint : {Hint::none, Hint::random, Hint::will_need, Hint::done_with})
        CHECK(told.policy.prefetch({10, Why::read, 1, 0, hint}, out) == 0);
    REQUIRE(told.policy.prefetch({10, Why::read, 1, 0, Hint::sequential}, out) == 2);
    CHECK(out[0] == 11);
    CHECK(out[1] == 12);
}

TEST_CASE("a small pool reads nothing along, a large one eight pages", "[vm][policy]") {
    for (const auto& [pool, ahead] :
         {std::pair{31u, 0u}, std::pair{32u, 1u}, std::pair{256u, 8u}, std::pair{4096u, 8u}}) {
        libos::policies::Advised policy;
        std::vector<std::byte> arena(libos::arena_bytes_of<libos::policies::Advised>(pool));
        REQUIRE(policy.init({pool, 1, arena}));
        std::array<PageNo, 8> out{};
        CHECK(policy.prefetch({0, Why::read, 1, 0, Hint::sequential}, out) == ahead);
    }
}

TEST_CASE("a page that passes by goes when the next one is used, not before", "[vm][policy]") {
    Told told;
    told.map(0, 100, Hint::random);
    told.map(1, 0, Hint::sequential);
    told.map(2, 1, Hint::sequential, Why::prefetch);
    told.map(3, 2, Hint::sequential, Why::prefetch);
    CHECK(told.victim() == 0); // nothing is used up: the clock finds the one page that it has
    told.use(2);
    CHECK(told.evict() == 1);
    CHECK(told.victim() == 0);
    told.use(3);
    CHECK(told.evict() == 2);
    CHECK(told.evict() == 0);
    CHECK(told.evict() == 3); // and the last one rather than none
}

TEST_CASE("several pages may pass between two faults", "[vm][policy]") {
    Told told;
    told.map(0, 100, Hint::random);
    for (FrameNo frame = 1; frame != 4; ++frame)
        told.map(frame, frame, Hint::sequential);
    CHECK(told.evict() == 1);
    CHECK(told.evict() == 2);
    CHECK(told.evict() == 0);
}

TEST_CASE("who reads on in one region has not finished with pages of another", "[vm][policy]") {
    Told told;
    told.map(0, 100, Hint::random);
    told.map(1, 0, Hint::sequential, Why::read, 1);
    told.map(2, 1, Hint::sequential, Why::prefetch, 1);
    told.map(3, 50, Hint::sequential, Why::read, 2);
    told.map(4, 51, Hint::sequential, Why::prefetch, 2);
    CHECK(told.victim() == 0);
    told.use(4);
    CHECK(told.evict() == 3);
    CHECK(told.victim() == 0);
    told.use(2);
    CHECK(told.evict() == 1);
}

TEST_CASE("a page that was read along and never used holds up nobody", "[vm][policy]") {
    Told told;
    told.map(0, 100, Hint::random);
    told.map(1, 0, Hint::sequential);
    told.map(2, 1, Hint::sequential, Why::prefetch);
    told.map(3, 2, Hint::sequential, Why::prefetch); // and there the reader stops
    told.map(4, 50, Hint::sequential);               // to begin anew elsewhere
    told.map(5, 51, Hint::sequential, Why::prefetch);
    CHECK(told.evict() == 1);
    CHECK(told.evict() == 2);
    CHECK(told.evict() == 3);
    CHECK(told.evict() == 0); // the new ones are still to be used
    told.use(5);
    CHECK(told.evict() == 4);
}

TEST_CASE("what the application is done with goes first, what it needs again is kept",
          "[vm][policy]") {
    Told told;
    for (FrameNo frame = 0; frame != 4; ++frame)
        told.map(frame, frame, Hint::none);
    told.policy.on_hint(2, Hint::done_with);
    told.policy.on_hint(3, Hint::done_with);
    told.policy.on_hint(2, Hint::will_need); // it has thought again
    CHECK(told.evict() == 3);
    CHECK(told.evict() == 0);
    CHECK(told.evict() == 1);
    CHECK(told.evict() == 2);
}

TEST_CASE("a page that is used up and pinned is passed over until it may go", "[vm][policy]") {
    Told told;
    for (FrameNo frame = 0; frame != 3; ++frame)
        told.map(frame, frame, Hint::none);
    told.policy.on_hint(1, Hint::done_with);
    told.bits.frames[1].pinned = true;
    CHECK(told.evict() == 0);
    told.bits.frames[1].pinned = false;
    CHECK(told.evict() == 1);
}
