// tests/host/exokernel/capability_table_test.cpp - names are never given twice. A slot's name
// counts its uses, 2^32 of them; no booted test gets there.
//
// What drops many frames at once is here as well: it empties slots without erase_binding.

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/host/exokernel/physical_memory.hpp"

#include "exokernel/bindings/drop_frames.cpp" // NOLINT(bugprone-suspicious-include)

// The rest of the kernel as far as the two files need it: frames that nobody maps or asks for.
namespace exokernel {

constinit FrameTable frame_table;

namespace {
constexpr std::uint64_t object_frame = 1;
constexpr std::uint64_t table_frame = 2;
constexpr std::uint64_t frames_frame = 3; // the frame table
constexpr std::uint64_t area_frame = 4;
constexpr std::uint64_t plain_frame = 5;
std::uint32_t flushes_paid = 0;
} // namespace

void pay_flushes() { ++flushes_paid; }
void require_held(const Environment&) {}

void FrameTable::build() {
    entries_ = at_physical<FrameEntry>(frames_frame << 12);
    limit_ = test_frames;
}
void ReleasedFrames::add(std::uint32_t pfn) {
    entries_[pfn].next = static_cast<std::uint32_t>(head_);
    head_ = pfn;
}
void ReleasedFrames::count(std::uint32_t) {}
void lower_use(std::uint32_t, std::uint32_t) {}
void note_given_back(CapabilityEntry&, bool) {}
void release_frame(CapabilityEntry& entry, std::uint64_t) { erase_binding(entry); }
Progress remove_mappings(CapabilityEntry&, std::uint32_t&) { return Progress::done; }
bool remove_last_translation(const LeafTable&, std::uint64_t) { return false; }
abi::Result<void> check_words(const Environment&, std::uint64_t, std::uint64_t) { return {}; }
abi::Result<volatile std::uint64_t*> request_words(Environment& caller, std::uint64_t offset,
                                                   std::uint64_t) {
    return reinterpret_cast<volatile std::uint64_t*>(caller.request_area[0] + offset);
}

} // namespace exokernel

using namespace exokernel;

namespace {

// An environment with a memory binding and an empty table of 64 slots besides.
struct World {
    Environment& environment = *at_physical<Environment>(object_frame << 12);
    CapabilityEntry* memory = nullptr;

    World() {
        std::fill(std::begin(test_memory), std::end(test_memory), std::byte{});
        frame_table.build();
        frame_table.at(table_frame).previous = object_frame;
        environment.capabilities = at_physical<CapabilityEntry>(table_frame << 12);
        environment.capability_slots = 64;
        environment.request_area[0] =
            reinterpret_cast<std::uint64_t>(at_physical<std::byte>(area_frame << 12));
        build_capability_table(environment);
        memory = *make_binding(environment, {abi::Kind::memory, abi::rights::all, 0, 8, nullptr});
    }

    CapabilityEntry& bind() {
        CapabilityEntry& entry = **make_binding(
            environment, {abi::Kind::frame, abi::rights::all, plain_frame << 12, 0, memory});
        frame_table.at(plain_frame) = {.next = 0,
                                       .previous = 0,
                                       .pins = 0,
                                       .state = FrameState::bound,
                                       .use = FrameUse::none,
                                       .guaranteed = false,
                                       .binding = reference_of(entry)};
        return entry;
    }

    // A slot that is free and was used so often.
    CapabilityEntry& used(std::uint32_t times) {
        CapabilityEntry& entry = bind();
        entry.generation = times - 1;
        erase_binding(entry);
        CapabilityEntry& again = bind();
        REQUIRE(&again == &entry);
        REQUIRE(again.generation == times);
        return entry;
    }

    bool is_given_again(const CapabilityEntry& entry) {
        while (const auto slot = take_slot(environment))
            if (&environment.capabilities[*slot] == &entry)
                return true;
        return false;
    }
};

// Drops the frame among many.
std::uint64_t drop_among_many(World& world, const CapabilityEntry& entry) {
    *at_physical<std::uint64_t>(area_frame << 12) = entry.name;
    world.environment.registers = {};
    world.environment.registers.rsi = 1;
    Call call{world.environment};
    CHECK(sys_drop_frames(call).error() == 0);
    return *at_physical<std::uint64_t>(area_frame << 12);
}

} // namespace

TEST_CASE("no name of a slot comes twice, even if each binding is renamed", "[exokernel]") {
    for (std::uint32_t left = 0; left != 6; ++left) {
        World world;
        const CapabilityEntry& slot = world.used(last_generation - left);
        CapabilityEntry* entry =
            world.environment.capabilities + (&slot - world.environment.capabilities);
        std::set<std::uint64_t> names;
        std::uint64_t last = 0;
        unsigned uses = 0;
        do {
            INFO(left << " left, use " << uses);
            CHECK(names.insert(entry->name).second);
            CHECK(entry->name > last);
            // A frame becomes a page table, or part of an environment; nothing is renamed twice.
            rename_binding(*entry, abi::Kind::page_table, abi::rights::all);
            CHECK(names.insert(entry->name).second);
            CHECK(abi::generation_of({entry->name}) == entry->generation);
            last = entry->name;
            erase_binding(*entry);
            entry = &world.bind();
        } while (entry == &slot && ++uses != 10);
        CHECK(entry != &slot);
        CHECK_FALSE(world.is_given_again(slot));
    }
}

TEST_CASE("a slot that is used up stays empty, and its last name is revoked", "[exokernel]") {
    World world;
    CapabilityEntry& slot = world.used(last_generation);
    const abi::Capability last{slot.name};
    const std::uint32_t free_before = world.environment.free_slots;
    erase_binding(slot);
    CHECK(world.environment.free_slots == free_before);
    CHECK(find_any_binding(world.environment, last, 0).error() == abi::Error::revoked);
    CHECK_FALSE(world.is_given_again(slot));
}

TEST_CASE("a slot can be used up to its last name", "[exokernel]") {
    World world;
    CapabilityEntry& slot = world.used(last_generation - 1);
    erase_binding(slot);
    CHECK(world.is_given_again(slot));
}

TEST_CASE("a slot that is used up stays empty when its frame is dropped among many",
          "[exokernel]") {
    World full;
    const CapabilityEntry& last = full.used(last_generation);
    CHECK(drop_among_many(full, last) == 0);
    CHECK_FALSE(full.is_given_again(last));
    for (const std::uint32_t times : {2u, 0x7fff'ffffu, 0x8000'0000u, last_generation - 1}) {
        World world;
        const CapabilityEntry& slot = world.used(times);
        CHECK(drop_among_many(world, slot) == 0);
        CHECK(world.is_given_again(slot));
    }
}

TEST_CASE("whatever changes hands or use, TLBs that may still lead to it are flushed before",
          "[exokernel]") {
    World world;
    const auto paid_by = [](auto&& function) {
        const std::uint32_t before = flushes_paid;
        function();
        return flushes_paid - before;
    };
    CapabilityEntry& entry = world.used(1);
    CHECK(paid_by([&] { rename_binding(entry, abi::Kind::page_table, abi::rights::all); }) == 1);
    CHECK(paid_by([&] { erase_binding(entry); }) == 1);
    const CapabilityEntry& again = world.bind();
    CHECK(paid_by([&] { CHECK(drop_among_many(world, again) == 0); }) == 1);
}
