// exokernel/memory/bind_page_table.cpp - system call `bind_page_table`.
//
// A donated frame's binding is renamed: as a frame it no longer exists, so it can be neither
// mapped nor written while the hardware reads it as a table. `owner` of a table's binding is the
// environment whose address space it belongs to, which need not be the one that holds it.

#include "exokernel/memory/bind_page_table.hpp"

#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace bits = abi::translation;

namespace {

constexpr std::uint32_t upper_rights = rights::all & ~rights::write;
constexpr std::uint32_t leaf_rights = rights::all;

void retype(CapabilityEntry& frame, std::uint64_t pfn, unsigned level, std::uint64_t address,
            std::uint32_t owner) {
    const bool alone = processor_count == 1 || holder_of(frame).identity == owner;
    const std::uint32_t rights = level != 1 ? upper_rights
                                 : alone    ? leaf_rights | unshared
                                            : leaf_rights;
    rename_binding(frame, Kind::page_table, rights);
    zero_frame(pfn); // no TLB leads to it any more
    frame.object = direct_map_base + (pfn << 12);
    frame.detail = (address & ~(table_span(level) - 1)) | level;
    frame.owner = owner;
    frame_table.at(pfn).state = FrameState::page_table;
}

} // namespace

void become_root(CapabilityEntry& frame, const Environment& owner) {
    const std::uint64_t pfn = frame_number_of(frame);
    retype(frame, pfn, 4, 0, owner.identity);
    prepare_root(pfn << 12);
    frame_table.at(pfn).previous = static_cast<std::uint32_t>(physical_of(&owner) >> 12);
    record(Event::page_table_bound, pfn, 4, 0, pfn, 0);
}

void become_table(CapabilityEntry& frame, CapabilityEntry* links, const CapabilityEntry& root,
                  std::uint64_t address, unsigned level, std::uint64_t& entry_above) {
    const std::uint64_t pfn = frame_number_of(frame);
    retype(frame, pfn, level, address, root.owner);
    std::uint64_t links_pfn = 0;
    if (links != nullptr) {
        links_pfn = frame_number_of(*links);
        rename_binding(*links, Kind::table_links, rights::read);
        zero_frame(links_pfn);
        FrameEntry& entry = frame_table.at(links_pfn);
        entry.state = FrameState::table_links;
        entry.next = static_cast<std::uint32_t>(pfn);
        frame.mapping_head = static_cast<std::uint32_t>(links_pfn << 9);
    }
    frame_table.at(pfn).previous = static_cast<std::uint32_t>(physical_of(&entry_above) >> 12);
    if (frame_table.at(pfn).guaranteed)
        count_guaranteed(frame, 1);
    // Complete before the hardware can see it.
    __atomic_store_n(&entry_above, pfn << 12 | bits::present | bits::writable | bits::user,
                     __ATOMIC_RELEASE);
    record(Event::page_table_bound, pfn, level, base_address_of(frame),
           physical_of(table_of(root)) >> 12, links_pfn);
}

Environment& address_space_of(const CapabilityEntry& table) {
    const FrameEntry* frame = &frame_table.at(physical_of(table_of(table)) >> 12);
    for (unsigned level = level_of(table); level != 4; ++level)
        frame = &frame_table.at(frame->previous);
    return environment_of(*frame);
}

void count_guaranteed(const CapabilityEntry& table, int more) {
    FrameEntry* frame = &frame_table.at(physical_of(table_of(table)) >> 12);
    for (unsigned level = level_of(table); level != 4 && frame->previous != 0; ++level) {
        frame = &frame_table.at(frame->previous);
        frame->pins = static_cast<std::uint16_t>(frame->pins + more);
    }
}

abi::Result<std::uint64_t*> table_entry(std::uint64_t root, std::uint64_t address, unsigned level) {
    std::uint64_t table = root;
    for (unsigned at = 4;; --at) {
        std::uint64_t* entry = at_physical<std::uint64_t>(table) + table_index(address, at);
        if (at == level)
            return entry;
        if ((*entry & bits::present) == 0)
            return std::unexpected(Error::not_present);
        table = *entry & bits::frame_mask;
    }
}

std::uint64_t translation_of(std::uint64_t root, std::uint64_t address) {
    if (!abi::is_user_address(address))
        return 0;
    const auto entry = table_entry(root, address, 1);
    return entry ? **entry : 0;
}

Reply sys_bind_page_table(Call& call) {
    Environment& caller = call.caller;
    const std::uint64_t address = call.argument3();
    const std::uint64_t level = call.argument4();
    if (level < 1 || level > 4 || !abi::is_user_address(address))
        return std::unexpected(Error::invalid_argument);
    if (level == 4) {
        if (call.argument0() != 0 || call.argument2() != 0)
            return std::unexpected(Error::invalid_argument);
        CapabilityEntry* frame = TRY(find_donation(caller, call.capability1()));
        become_root(*frame, caller);
        return frame->name;
    }
    CapabilityEntry* root =
        TRY(find_binding(caller, call.capability0(), Kind::page_table, rights::control));
    if (level_of(*root) != 4 || (level == 1) != (call.argument2() != 0))
        return std::unexpected(Error::invalid_argument);
    CapabilityEntry* frame = TRY(find_donation(caller, call.capability1()));
    CapabilityEntry* links = nullptr;
    if (level == 1) {
        links = TRY(find_donation(caller, abi::Capability{call.argument2()}));
        if (links == frame)
            return std::unexpected(Error::invalid_argument);
    }
    std::uint64_t* entry =
        TRY(table_entry(physical_of(table_of(*root)), address, static_cast<unsigned>(level) + 1));
    // What is being taken gets no more tables below it between the steps.
    if (entry_at(frame_table.at(physical_of(entry) >> 12).binding).name == 0)
        return std::unexpected(Error::revoked);
    if (*entry != 0)
        return std::unexpected(Error::occupied);
    become_table(*frame, links, *root, address, static_cast<unsigned>(level), *entry);
    return frame->name;
}

Reply sys_switch_root(Call& call) {
    CapabilityEntry* root =
        TRY(find_binding(call.caller, call.capability0(), Kind::page_table, rights::control));
    if (level_of(*root) != 4 || root->owner != call.caller.identity)
        return std::unexpected(Error::invalid_argument);
    call.caller.root = physical_of(table_of(*root));
    return 0;
}

} // namespace exokernel
