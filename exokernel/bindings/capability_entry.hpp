// exokernel/bindings/capability_entry.hpp - a slot of a capability table as the kernel keeps it.
//
// The first half is what its owner reads and may rely on (bindings/abi/capability.hpp); the links
// are the kernel's own. They are references (capability_table.hpp), 0 for none.

#pragma once

#include "bindings/abi/capability.hpp"

namespace exokernel {

struct CapabilityEntry {
    std::uint64_t name;
    std::uint32_t kind_and_rights;
    std::uint32_t generation;
    std::uint64_t object;
    std::uint64_t detail;
    std::uint32_t mapping_head; // frame: first of the translations made through this binding; leaf
                                // table: its links; memory: how far taking by force has come
    std::uint32_t self;         // this entry's own reference, tagged
    std::uint32_t parent;       // derivation tree
    std::uint32_t first_child;
    std::uint32_t next_sibling;
    std::uint32_t previous_sibling;
    std::uint32_t owner;    // page table: identity of the environment whose address space it is
    std::uint16_t hardware; // frame: accessed and dirty bits, of translations that were removed
    bool being_taken;       // what was derived from it is being taken back
    bool being_asked;       // its holder is being asked for it, or for part of it
};

} // namespace exokernel
