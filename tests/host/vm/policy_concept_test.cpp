// tests/host/vm/policy_concept_test.cpp - what is a replacement policy, and what is not.

#include <catch2/catch.hpp>

#include "libos/vm/policy_table.hpp"
#include "tests/host/vm/policy_machine.hpp"

using libos::Fault;
using libos::FrameNo;
using libos::PageNo;

namespace {

// Complete, and nothing more than it needs.
struct Whole {
    bool init(const libos::PolicySetup&) noexcept { return true; }
    std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo>) noexcept { return 0; }
    void on_mapped(FrameNo, const Fault&) noexcept {}
    void on_unmapped(FrameNo, PageNo) noexcept {}
};
struct WithoutInit {
    std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo>) noexcept { return 0; }
    void on_mapped(FrameNo, const Fault&) noexcept {}
    void on_unmapped(FrameNo, PageNo) noexcept {}
};
struct MayThrow : Whole {
    void on_mapped(FrameNo, const Fault&) {}
};
struct WrongResult : Whole {
    bool select_victims(auto&, const Fault&, std::span<FrameNo>) noexcept { return true; }
};
struct NoView {
    bool dirty(FrameNo) { return false; }
};

using View = vm_test::FrameBits;
static_assert(libos::ReplacementPolicy<Whole, View>);
static_assert(!libos::ReplacementPolicy<WithoutInit, View>);
static_assert(!libos::ReplacementPolicy<MayThrow, View>);
static_assert(!libos::ReplacementPolicy<WrongResult, View>);
static_assert(!libos::ReplacementPolicy<Whole, NoView>);
static_assert(libos::FrameView<libos::ResidentFrames>);

} // namespace

TEST_CASE("a policy is found by its name and by its alias", "[vm][policy]") {
    REQUIRE(libos::find_policy("clock") != nullptr);
    CHECK(libos::find_policy("second-chance") == libos::find_policy("clock"));
    CHECK(libos::find_policy("fifo")->name == "fifo");
    CHECK(libos::find_policy("") == nullptr);
    CHECK(libos::find_policy("clockwork") == nullptr);
}

TEST_CASE("a policy that does not say how much memory it wants gets 64 bytes a frame",
          "[vm][policy]") {
    CHECK(libos::arena_bytes_of<Whole>(10) == 640);
    CHECK(libos::arena_bytes_of<libos::policies::Fifo>(10) == 80);
}
