// exokernel/bindings/capability_table.hpp - secure bindings: finding, making, breaking.
//
// An entry lies in a frame that its environment's creator donated. Entries refer to each other by
// reference: physical address / 64, below 2^28; bit 31 tags a reference to an entry where a
// reference to a translation could stand as well. The derivation tree is the only structure that
// crosses environments; its depth is bounded, so that walking to a leaf is.

#pragma once

#include "exokernel/arch/x86_64/direct_map.hpp"    // IWYU pragma: export
#include "exokernel/bindings/capability_entry.hpp" // IWYU pragma: export

namespace exokernel {

struct Environment;

inline constexpr std::uint32_t entry_tag = 0x8000'0000;

inline std::uint32_t reference_of(const CapabilityEntry& entry) {
    return static_cast<std::uint32_t>(physical_of(&entry) >> abi::capability_entry_shift);
}
inline CapabilityEntry& entry_at(std::uint32_t reference) {
    return *at_physical<CapabilityEntry>(std::uint64_t{reference & ~entry_tag}
                                         << abi::capability_entry_shift);
}

/// The binding that `capability` names in `environment`'s table, if it is of `kind` and permits
/// all of `wanted`. Errors: no_binding, revoked, access_denied.
abi::Result<CapabilityEntry*> find_binding(Environment& environment, abi::Capability capability,
                                           abi::Kind kind, std::uint32_t wanted);
/// The same for any kind of binding.
abi::Result<CapabilityEntry*> find_any_binding(Environment& environment, abi::Capability capability,
                                               std::uint32_t wanted);

/// For a call that goes on: the binding that it began with, whether or not that still has its name,
/// if it permits all of `wanted`; nullptr if it is gone, so that nothing is left to do.
abi::Result<CapabilityEntry*> find_begun(Environment& environment, abi::Capability capability,
                                         std::uint32_t wanted);

/// Refuses with `revoked` what is being taken back: the binding has lost its name, or one above it
/// has, or one of them is marked `being_taken`. Nothing more is derived from it and no transfer
/// begins, so that the tree that `revoke` takes down only shrinks. At most derivation_limit steps.
abi::Result<void> check_lasting(const CapabilityEntry& entry);

/// Makes all slots of a zeroed table free, slots from 3 on in ascending order.
void build_capability_table(Environment& environment);

// What a new binding is.
struct Binding {
    abi::Kind kind;
    std::uint32_t rights;
    std::uint64_t object, detail;
    CapabilityEntry* parent; // nullptr: a root
};

/// Takes a free slot for a binding and links it into the tree. Error: limit_reached.
abi::Result<CapabilityEntry*> make_binding(Environment& environment, const Binding& binding);
/// The same in a given slot, which must be empty or open.
CapabilityEntry& make_binding_in(Environment& environment, std::uint32_t slot,
                                 const Binding& binding);

/// Takes the slot from the free list without making a binding. Error: limit_reached.
abi::Result<std::uint32_t> take_slot(Environment& environment);

/// Closes the slot that `offset`, as open_slot returned it, names; false if none is open there.
bool close_slot(Environment& environment, abi::Capability offset);

/// Gives an existing binding a new name and kind (a frame that becomes a page table ...).
void rename_binding(CapabilityEntry& entry, abi::Kind kind, std::uint32_t rights);

/// Unlinks a binding without children from the tree and empties its slot. Kind-specific effects
/// are the caller's (break_binding).
void erase_binding(CapabilityEntry& entry);

// Names carry the generation; a slot whose generation would wrap is never used again. One more is
// left for a binding that is renamed, which none is twice.
inline constexpr std::uint32_t last_generation = 0xffff'fffe;

/// What the binding is called, or was: while it is broken it has no name any more.
abi::Capability last_name_of(const CapabilityEntry& entry);

/// The environment in whose table the entry lies.
Environment& holder_of(const CapabilityEntry& entry);

} // namespace exokernel
