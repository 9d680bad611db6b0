// exokernel/bindings/capability_table.cpp - slots, names and the derivation tree.

#include "exokernel/bindings/capability_table.hpp"

#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/recording/record.hpp"

namespace exokernel {

namespace {

// Why a capability names nothing: its slot moved on, or never held a binding.
Error why_not(const CapabilityEntry& entry, abi::Capability capability) {
    const std::uint32_t generation = abi::generation_of(capability);
    return capability && generation != 0 && generation <= entry.generation &&
                   abi::make_capability(abi::slot_of(capability), generation) == capability
               ? Error::revoked
               : Error::no_binding;
}

void link(CapabilityEntry& parent, CapabilityEntry& child) {
    child.parent = reference_of(parent);
    child.next_sibling = parent.first_child;
    child.previous_sibling = 0;
    if (parent.first_child != 0)
        entry_at(parent.first_child).previous_sibling = reference_of(child);
    parent.first_child = reference_of(child);
}

void unlink(CapabilityEntry& child) {
    if (child.parent == 0)
        return;
    // Taking by force goes along the children and must not lose its place.
    CapabilityEntry& parent = entry_at(child.parent);
    if (parent.being_asked && kind_of(parent) == Kind::memory &&
        parent.mapping_head == reference_of(child))
        parent.mapping_head = child.next_sibling;
    if (child.previous_sibling != 0)
        entry_at(child.previous_sibling).next_sibling = child.next_sibling;
    else
        entry_at(child.parent).first_child = child.next_sibling;
    if (child.next_sibling != 0)
        entry_at(child.next_sibling).previous_sibling = child.previous_sibling;
    child.parent = child.next_sibling = child.previous_sibling = 0;
}

abi::Result<CapabilityEntry*> entry_in_slot(const Environment& environment,
                                            abi::Capability capability) {
    const std::uint64_t offset = capability.value & 0xffff'ffff;
    if ((offset & ~environment.capability_mask) != 0)
        return std::unexpected(Error::no_binding);
    return &environment.capabilities[offset >> abi::capability_entry_shift];
}

} // namespace

abi::Result<CapabilityEntry*> find_any_binding(Environment& environment, abi::Capability capability,
                                               std::uint32_t wanted) {
    CapabilityEntry* entry = TRY(entry_in_slot(environment, capability));
    if (entry->name != capability.value || entry->name == 0)
        return std::unexpected(why_not(*entry, capability));
    if ((wanted & ~rights_of(*entry)) != 0)
        return std::unexpected(Error::access_denied);
    return entry;
}

abi::Result<CapabilityEntry*> find_binding(Environment& environment, abi::Capability capability,
                                           Kind kind, std::uint32_t wanted) {
    CapabilityEntry* entry = TRY(find_any_binding(environment, capability, 0));
    if (kind_of(*entry) != kind)
        return std::unexpected(Error::no_binding);
    if ((wanted & ~rights_of(*entry)) != 0)
        return std::unexpected(Error::access_denied);
    return entry;
}

abi::Result<CapabilityEntry*> find_begun(Environment& environment, abi::Capability capability,
                                         std::uint32_t wanted) {
    CapabilityEntry* entry = TRY(entry_in_slot(environment, capability));
    const Kind kind = kind_of(*entry);
    if (kind == Kind::none || kind == Kind::open ||
        entry->generation != abi::generation_of(capability))
        return nullptr;
    if ((wanted & ~rights_of(*entry)) != 0)
        return std::unexpected(Error::access_denied);
    return entry;
}

abi::Result<void> check_lasting(const CapabilityEntry& entry) {
    bool lasting = entry.name != 0 && !entry.being_taken;
    for (std::uint32_t above = entry.parent; above != 0 && lasting;
         above = entry_at(above).parent) {
        const CapabilityEntry& at = entry_at(above);
        lasting = at.name != 0 && !at.being_taken;
    }
    if (!lasting)
        return std::unexpected(Error::revoked);
    return {};
}

// A free slot's `object` is the next one in the list of slots that were used before; slots from
// `fresh_slot` on were never used and are in no list, so that a large table costs nothing to make.
void build_capability_table(Environment& environment) {
    const std::uint32_t slots = environment.capability_slots;
    environment.capability_mask = (std::uint64_t{slots} - 1) << abi::capability_entry_shift;
    environment.free_slot = 0;
    environment.fresh_slot = abi::recording_slot + 1;
    environment.free_slots = slots - environment.fresh_slot;
}

abi::Result<std::uint32_t> take_slot(Environment& environment) {
    if (environment.free_slots == 0)
        return std::unexpected(Error::limit_reached);
    --environment.free_slots;
    if (environment.free_slot == 0)
        return environment.fresh_slot++;
    const std::uint32_t slot = environment.free_slot;
    environment.free_slot = static_cast<std::uint32_t>(environment.capabilities[slot].object);
    return slot;
}

CapabilityEntry& make_binding_in(Environment& environment, std::uint32_t slot,
                                 const Binding& binding) {
    CapabilityEntry& entry = environment.capabilities[slot];
    const std::uint32_t generation = entry.generation + 1;
    const std::uint32_t depth = binding.parent != nullptr ? depth_of(*binding.parent) + 1 : 0;
    entry = {.kind_and_rights = abi::kind_and_rights(binding.kind, binding.rights) | depth << 24,
             .generation = generation,
             .object = binding.object,
             .detail = binding.detail,
             .self = reference_of(entry) | entry_tag};
    // Last, because a hot call of the holder's may be looking, on another processor.
    __atomic_store_n(&entry.name, abi::make_capability(slot, generation).value, __ATOMIC_RELEASE);
    if (binding.parent != nullptr)
        link(*binding.parent, entry);
    return entry;
}

abi::Result<CapabilityEntry*> make_binding(Environment& environment, const Binding& binding) {
    if (binding.parent != nullptr && depth_of(*binding.parent) >= abi::derivation_limit)
        return std::unexpected(Error::limit_reached);
    const std::uint32_t slot = TRY(take_slot(environment));
    return &make_binding_in(environment, slot, binding);
}

bool close_slot(Environment& environment, abi::Capability offset) {
    const auto entry = entry_in_slot(environment, offset);
    if (!entry || abi::generation_of(offset) != 0 || kind_of(**entry) != Kind::open)
        return false;
    erase_binding(**entry);
    return true;
}

void rename_binding(CapabilityEntry& entry, Kind kind, std::uint32_t rights) {
    require_held(holder_of(entry));
    pay_flushes();
    const std::uint32_t depth = depth_of(entry);
    ++entry.generation;
    entry.name = (entry.name & 0xffff'ffff) | std::uint64_t{entry.generation} << 32;
    entry.kind_and_rights = abi::kind_and_rights(kind, rights) | depth << 24;
    entry.being_taken = false;
}

abi::Capability last_name_of(const CapabilityEntry& entry) {
    const auto slot = static_cast<std::uint32_t>(&entry - holder_of(entry).capabilities);
    return abi::make_capability(slot, entry.generation);
}

Environment& holder_of(const CapabilityEntry& entry) {
    return environment_of(frame_table.at(physical_of(&entry) >> 12));
}

void erase_binding(CapabilityEntry& entry) {
    Environment& holder = holder_of(entry);
    const std::uint32_t generation = entry.generation;
    const auto slot = static_cast<std::uint32_t>(&entry - holder.capabilities);
    record(Event::binding_broken, kind_of(entry), last_name_of(entry).value, holder.identity,
           entry.object, 0);
    if (entry.being_asked)
        note_given_back(entry, true);
    require_held(holder);
    pay_flushes();
    unlink(entry);
    entry = {};
    entry.generation = generation;
    if (generation >= last_generation)
        return;
    entry.object = holder.free_slot;
    holder.free_slot = slot;
    ++holder.free_slots;
}

} // namespace exokernel
