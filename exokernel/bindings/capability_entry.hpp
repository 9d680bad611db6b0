// exokernel/bindings/capability_entry.hpp - a slot of a capability table as the kernel keeps it.
//
// The first half is what its owner reads and may rely on (bindings/abi/capability.hpp); the links
// are the kernel's own. They are references (capability_table.hpp), 0 for none.

#pragma once

#include "bindings/abi/capability.hpp" // IWYU pragma: export
#include "bindings/abi/error.hpp"      // IWYU pragma: export

namespace exokernel {

using abi::depth_of, abi::frame_number_of, abi::kind_of, abi::rights_of;
using abi::Error;
using abi::Kind;
namespace rights = abi::rights;

struct CapabilityEntry {
    std::uint64_t name = 0;
    std::uint32_t kind_and_rights = 0;
    std::uint32_t generation = 0;
    std::uint64_t object = 0;
    std::uint64_t detail = 0;
    // Frame: first of the translations made through this binding; leaf table: its links; memory:
    // how far taking by force has come.
    std::uint32_t mapping_head = 0;
    std::uint32_t self = 0;   // this entry's own reference, tagged
    std::uint32_t parent = 0; // derivation tree
    std::uint32_t first_child = 0;
    std::uint32_t next_sibling = 0;
    std::uint32_t previous_sibling = 0;
    std::uint32_t owner = 0;    // page table: identity of the environment whose address space it is
    std::uint16_t hardware = 0; // frame: accessed and dirty bits, of translations that were removed
    bool being_taken = false;   // what was derived from it is being taken back
    bool being_asked = false;   // its holder is being asked for it, or for part of it
};

// A right besides those of the contract, of a leaf table: only its holder's address space has it,
// and nobody else holds it. So no processor but that environment's changes it without the kernel's
// lock.
inline constexpr std::uint32_t unshared = 1u << 15;
inline bool is_unshared(const CapabilityEntry& table) { return (rights_of(table) & unshared) != 0; }

} // namespace exokernel
