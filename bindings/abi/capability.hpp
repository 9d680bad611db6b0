// bindings/abi/capability.hpp - what names a secure binding, and what it permits.
//
// A capability is 64 bits: the byte offset of its entry in the environment's own capability table
// (slot x 64) in the low half, the generation of that slot in the high half. The entry carries the
// same word as its `name`, so one comparison checks slot, alignment and generation at once. An
// environment may map its table read-only (`bind_view`) and read every entry without a call: what
// it read belongs together if `name` was the same before and after.

#pragma once

#include <cstdint>
#include <type_traits>

namespace abi {

struct Capability {
    std::uint64_t value = 0; // 0 names nothing
    friend constexpr bool operator==(Capability, Capability) = default;
    constexpr explicit operator bool() const { return value != 0; }
};

inline constexpr std::uint64_t capability_entry_shift = 6;

constexpr Capability make_capability(std::uint32_t slot, std::uint32_t generation) {
    return Capability{std::uint64_t{generation} << 32 | std::uint64_t{slot}
                                                            << capability_entry_shift};
}
constexpr std::uint32_t slot_of(Capability capability) {
    return static_cast<std::uint32_t>(capability.value) >> capability_entry_shift;
}
constexpr std::uint32_t generation_of(Capability capability) {
    return static_cast<std::uint32_t>(capability.value >> 32);
}

// The first slots of every table.
inline constexpr std::uint32_t own_slot = 1;       // the environment itself
inline constexpr std::uint32_t recording_slot = 2; // its recording ring

// What a binding is to. Values are ABI; kinds that later parts bring are appended.
enum class Kind : std::uint8_t {
    none = 0,            // empty slot
    open = 1,            // empty, opened by its owner for a grant
    memory = 2,          // authority to bind free frames, up to a limit
    frame = 3,           // one physical frame
    page_table = 4,      // a frame donated as a page table of one address space
    table_links = 5,     // a frame donated for the reverse links of a leaf page table
    environment = 6,     // a protection domain
    kernel_object = 7,   // a frame donated for an environment or its capability table
    disk_extent = 8,     // a run of 4 KiB blocks
    console = 9,         // the serial console
    processor_time = 10, // positions in run vectors, 64 for each processor
    recording_ring = 11, // a libOS's own ring of the recording region
};

// What a binding permits. One set of names; `wanted` in each call's page says which it needs.
namespace rights {
inline constexpr std::uint32_t read = 1u << 0;    // frame: map readable; extent: read blocks
inline constexpr std::uint32_t write = 1u << 1;   // frame: map writable; extent: write; console;
                                                  // leaf table: install translations
inline constexpr std::uint32_t execute = 1u << 2; // frame: map executable
inline constexpr std::uint32_t control = 1u << 3; // environment: start, destroy; table: bind below;
                                                  // memory: bind; processor time: schedule
inline constexpr std::uint32_t grant = 1u << 4;   // derive, and grant to other environments
inline constexpr std::uint32_t revoke = 1u << 5;  // take back what was derived from it
inline constexpr std::uint32_t all = 0x3f;
} // namespace rights

// One slot of a capability table, as its owner can read it. Only the kernel writes it.
struct CapabilityEntry {
    std::uint64_t name;            // the Capability that is valid now; 0: the slot is empty
    std::uint32_t kind_and_rights; // kind in bits 0-7, rights in 8-23, depth of derivation in 24-31
    std::uint32_t generation;      // of the slot; the next binding here gets the next one
    std::uint64_t object;          // frame: translation template; extent: first block; processor
                                   // time: first position; memory: frames bound through it and its
                                   // descendants; other kinds: the kernel's own
    std::uint64_t detail;          // frame: access bits it forbids; page table: base address and
                                   // level; extent: number of blocks; processor time: of positions;
                                   // memory: limit in frames
    std::uint64_t kernel[4];       // the kernel's own: no part of the contract
};
static_assert(sizeof(CapabilityEntry) == 64 && std::is_standard_layout_v<CapabilityEntry>);

// What follows takes an entry, as its owner reads it or as the kernel keeps it.
constexpr Kind kind_of(const auto& entry) {
    return static_cast<Kind>(entry.kind_and_rights & 0xff);
}
constexpr std::uint32_t rights_of(const auto& entry) { return entry.kind_and_rights >> 8 & 0xffff; }
constexpr std::uint32_t kind_and_rights(Kind kind, std::uint32_t rights) {
    return static_cast<std::uint32_t>(kind) | rights << 8;
}
// How often the binding was derived since the roots; at most `derivation_limit`.
constexpr std::uint32_t depth_of(const auto& entry) { return entry.kind_and_rights >> 24; }
inline constexpr std::uint32_t derivation_limit = 32;

// The frame that an entry of kind `frame` (or one retyped from it) names.
constexpr std::uint64_t frame_number_of(const auto& entry) {
    return (entry.object & 0x000f'ffff'ffff'f000) >> 12;
}

} // namespace abi
