// exokernel/bindings/derive.cpp - system calls `derive`, `open_slot` and `grant`.

#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

// What a child of `parent` with `rights` is, as a whole.
abi::Result<Binding> child_of(CapabilityEntry& parent, std::uint64_t rights) {
    if ((rights & ~std::uint64_t{rights::all}) != 0)
        return std::unexpected(Error::invalid_argument);
    if ((rights & ~std::uint64_t{rights_of(parent)}) != 0)
        return std::unexpected(Error::access_denied);
    const auto granted = static_cast<std::uint32_t>(rights);
    Binding child{kind_of(parent), granted, parent.object, parent.detail, &parent};
    switch (child.kind) {
    case Kind::frame:
        return frame_binding(frame_number_of(parent), granted, &parent);
    case Kind::memory:
        child.object = 0; // nothing is bound through it
        break;
    case Kind::kernel_object:
    case Kind::table_links:
        return std::unexpected(Error::busy);
    default:
        break;
    }
    return child;
}

// The same, for a part: a sub-range of blocks or positions, or a lower limit of frames.
abi::Result<Binding> part_of(CapabilityEntry& parent, std::uint64_t rights, std::uint64_t first,
                             std::uint64_t count) {
    Binding child = TRY(child_of(parent, rights));
    switch (child.kind) {
    case Kind::disk_extent:
    case Kind::processor_time:
        if (count == 0 || first > parent.detail || count > parent.detail - first)
            return std::unexpected(Error::out_of_range);
        child.object = parent.object + first;
        child.detail = count;
        return child;
    case Kind::memory:
        if (first != 0 || count > parent.detail)
            return std::unexpected(Error::out_of_range);
        child.detail = count;
        return child;
    default:
        if (first != 0 || count != 0)
            return std::unexpected(Error::invalid_argument);
        return child;
    }
}

// What a copy of a binding has besides what it was derived with.
CapabilityEntry& complete(CapabilityEntry& child, CapabilityEntry& parent, std::uint32_t receiver) {
    if (kind_of(child) == Kind::page_table) {
        child.mapping_head = parent.mapping_head; // where the links are
        child.owner = parent.owner;               // whose address space it is
        if (processor_count == 1)
            child.kind_and_rights |= parent.kind_and_rights & unshared << 8;
        else
            parent.kind_and_rights &= ~(unshared << 8);
    }
    record(Event::binding_made, kind_of(child), child.name, parent.name, receiver,
           rights_of(child) & rights::all);
    return child;
}

} // namespace

Reply sys_derive(Call& call) {
    CapabilityEntry* parent = TRY(find_any_binding(call.caller, call.capability0(), rights::grant));
    TRY(check_lasting(*parent));
    const Binding child =
        TRY(part_of(*parent, call.argument1(), call.argument2(), call.argument3()));
    CapabilityEntry* entry = TRY(make_binding(call.caller, child));
    return complete(*entry, *parent, call.caller.identity).name;
}

Reply sys_open_slot(Call& call) {
    const std::uint32_t slot = TRY(take_slot(call.caller));
    CapabilityEntry& entry = call.caller.capabilities[slot];
    entry.object = entry.parent = 0; // links that drop_frames has left
    entry.kind_and_rights = abi::kind_and_rights(Kind::open, 0);
    return std::uint64_t{slot} << abi::capability_entry_shift;
}

Reply sys_grant(Call& call) {
    CapabilityEntry* parent = TRY(find_any_binding(call.caller, call.capability0(), rights::grant));
    TRY(check_lasting(*parent));
    CapabilityEntry* target =
        TRY(find_binding(call.caller, call.capability1(), Kind::environment, 0));
    auto& receiver = *reinterpret_cast<Environment*>(target->object);
    if (receiver.state == EnvironmentState::ending)
        return std::unexpected(Error::ended);
    const Binding child = TRY(child_of(*parent, call.argument3()));
    if (depth_of(*parent) >= abi::derivation_limit)
        return std::unexpected(Error::limit_reached);
    const std::uint64_t offset = call.argument2();
    auto slot = static_cast<std::uint32_t>(offset >> abi::capability_entry_shift);
    if (offset == 0) {
        if ((rights_of(*target) & rights::control) == 0)
            return std::unexpected(Error::access_denied);
        if (receiver.state != EnvironmentState::created)
            return std::unexpected(Error::occupied);
        slot = TRY(take_slot(receiver));
    } else if ((offset & ~receiver.capability_mask) != 0) {
        return std::unexpected(Error::out_of_range);
    } else if (kind_of(receiver.capabilities[slot]) != Kind::open) {
        return std::unexpected(Error::occupied);
    }
    return complete(make_binding_in(receiver, slot, child), *parent, receiver.identity).name;
}

} // namespace exokernel
