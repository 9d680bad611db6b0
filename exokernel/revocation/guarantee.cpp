// exokernel/revocation/guarantee.cpp - system call `guarantee`: what revocation by count spares.
//
// A libOS needs a few frames to be able to comply at all: upcall code and stacks, and the tables
// that map them. The set is small, so that promising it costs whoever revokes little.

#include "exokernel/memory/frame_table.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

Reply sys_guarantee(Call& call) {
    Environment& caller = call.caller;
    CapabilityEntry* entry = TRY(find_any_binding(caller, call.capability0(), rights::read));
    const bool table = kind_of(*entry) == Kind::page_table;
    if (!table && kind_of(*entry) != Kind::frame)
        return std::unexpected(Error::no_binding);
    const std::uint64_t pfn = table ? physical_of(table_of(*entry)) >> 12 : frame_number_of(*entry);
    if (!is_first_binding(*entry, pfn))
        return std::unexpected(Error::busy);
    if (frame_table.at(pfn).guaranteed)
        return std::unexpected(Error::occupied);
    const std::uint64_t links = table && level_of(*entry) == 1 ? links_of(*entry) >> 9 : 0;
    const std::uint32_t count = links != 0 && !frame_table.at(links).guaranteed ? 2 : 1;
    if (caller.guaranteed_count + count > abi::guaranteed_limit)
        return std::unexpected(Error::limit_reached);
    caller.guaranteed_count += count;
    frame_table.at(pfn).guaranteed = true;
    if (links != 0)
        frame_table.at(links).guaranteed = true;
    if (table)
        count_guaranteed(*entry, 1);
    record(Event::guaranteed, entry->name, pfn, links, caller.guaranteed_count, 0);
    return 0;
}

} // namespace exokernel
