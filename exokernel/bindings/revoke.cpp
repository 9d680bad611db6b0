// exokernel/bindings/revoke.cpp - system calls `drop` and `revoke`.
//
// Both go in bounded steps and may be called again by the kernel many times; each step leaves a
// smaller tree. A binding that is given back loses its name at the first; when it is gone, by this
// call or by another, the call has done its work.

#include "exokernel/disk/transfers.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

// What its holder may not give up because something still stands on it.
abi::Result<void> check_droppable(const CapabilityEntry& entry) {
    switch (kind_of(entry)) {
    case Kind::table_links:
    case Kind::kernel_object:
        return std::unexpected(Error::busy);
    case Kind::frame: {
        const std::uint64_t pfn = frame_number_of(entry);
        if (is_first_binding(entry, pfn) && frame_table.at(pfn).use > FrameUse::saving)
            return std::unexpected(Error::busy);
        return {};
    }
    case Kind::page_table: {
        const std::uint64_t physical = physical_of(table_of(entry));
        if (!is_first_binding(entry, physical >> 12) || level_of(entry) == 1)
            return {};
        const FrameEntry& frame = frame_table.at(physical >> 12);
        if (!is_empty(entry) || (level_of(entry) == 4 && environment_of(frame).root == physical))
            return std::unexpected(Error::busy);
        return {};
    }
    default:
        return {};
    }
}

abi::Result<CapabilityEntry*> find_to_break(Call& call, std::uint32_t wanted) {
    if (call.progress() != 0)
        return find_begun(call.caller, call.capability0(), wanted);
    call.set_progress(1);
    return find_any_binding(call.caller, call.capability0(), wanted);
}

} // namespace

Reply sys_drop(Call& call) {
    if (close_slot(call.caller, call.capability0()))
        return 0;
    CapabilityEntry* entry = TRY(find_to_break(call, 0));
    if (entry == nullptr)
        return 0;
    TRY(check_droppable(*entry));
    std::uint32_t work = 0;
    return break_subtree(*entry, work);
}

Reply sys_revoke(Call& call) {
    CapabilityEntry* entry = TRY(find_to_break(call, rights::revoke));
    if (entry == nullptr)
        return 0;
    std::uint32_t work = 0;
    return break_descendants(*entry, work);
}

} // namespace exokernel
