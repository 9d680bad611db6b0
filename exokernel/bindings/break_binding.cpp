// exokernel/bindings/break_binding.cpp - what breaking a binding means for each kind.
//
// Leaves of the derivation tree go first, so a binding that is broken here has no children. The
// effects are idempotent: a step that stops half-way through leaves a shorter list of translations
// or a smaller table, and the next one goes on there.

#include "exokernel/bindings/break_binding.hpp"

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/environment/end_environment.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/syscall/call.hpp"

namespace exokernel {

namespace {

// In units of work:
constexpr std::uint32_t scan_work = 64; // looking through a table
constexpr std::uint32_t use_work = 4;   // looking through all transfers or positions
constexpr std::uint32_t leaf_work = 4;  // breaking one binding; and, each time, walking down to it
constexpr std::uint32_t walk_depth = 2; // and counting upwards from it: so many levels for a unit

Progress break_frame(CapabilityEntry& entry, std::uint32_t& work) {
    FINISH(remove_mappings(entry, work));
    const std::uint64_t pfn = frame_number_of(entry);
    if (pfn >= frame_table.limit()) { // a frame of the recording region
        erase_binding(entry);
        return Progress::done;
    }
    const FrameEntry& frame = frame_table.at(pfn);
    const bool first = is_first_binding(entry, pfn);
    // Whoever only shares a frame that serves an environment takes nothing from it.
    if (first && frame.use != FrameUse::none && !stop_serving(pfn)) {
        end_environment(environment_of(frame), EndReason::revoked, 0);
        return Progress::waits;
    }
    // Others may go on using a frame that is only shared; its last binding waits for them all.
    work += first ? 0 : use_work;
    if (first ? frame.pins != 0 : transfers_use(entry))
        return Progress::waits;
    if (first)
        release_frame(entry, pfn);
    else
        erase_binding(entry);
    return Progress::done;
}

// The tables below an upper table, whoever holds them.
Progress break_tables_below(CapabilityEntry& entry, std::uint32_t& work) {
    const std::uint64_t* const entries = table_of(entry);
    const unsigned end = user_entries_of(entry);
    for (unsigned i = 0; i != end; ++i) {
        if ((entries[i] & abi::translation::present) == 0)
            continue;
        const std::uint64_t pfn = (entries[i] & abi::translation::frame_mask) >> 12;
        FINISH(break_subtree(entry_at(frame_table.at(pfn).binding), work));
    }
    return Progress::done;
}

Progress empty_leaf(CapabilityEntry& entry, std::uint32_t& work) {
    for (unsigned i = 0; i != abi::entries_per_table; ++i)
        if (table_of(entry)[i] != 0) {
            if (++work > step_limit)
                return Progress::again;
            remove_translation(entry, i);
        }
    return Progress::done;
}

// Takes a table that is empty out of the one above.
void unhook(const CapabilityEntry& entry, std::uint64_t pfn) {
    const FrameEntry& frame = frame_table.at(pfn);
    if (frame.guaranteed)
        count_guaranteed(entry, -1);
    at_physical<std::uint64_t>(std::uint64_t{frame.previous}
                               << 12)[table_index(base_address_of(entry), level_of(entry) + 1)] = 0;
    // The processor may hold entries of upper tables, and of the window onto them.
    write_cr3(processor().root);
    flush_elsewhere(address_space_of(entry));
    record(Event::tlb_flushed, base_address_of(entry) >> 12, table_span(level_of(entry)) >> 12);
}

Progress break_table(CapabilityEntry& entry, std::uint32_t& work) {
    const std::uint64_t pfn = physical_of(table_of(entry)) >> 12;
    if (!is_first_binding(entry, pfn)) {
        erase_binding(entry);
        return Progress::done;
    }
    const unsigned level = level_of(entry);
    const Progress emptied = level == 1 ? empty_leaf(entry, work) : break_tables_below(entry, work);
    if (emptied != Progress::done)
        return emptied;
    work += scan_work;
    if (work > step_limit)
        return Progress::again;
    if (level == 4) {
        Environment& user = environment_of(frame_table.at(pfn));
        if (user.root == pfn << 12 && user.state != EnvironmentState::ending) {
            end_environment(user, EndReason::revoked, 0);
            return Progress::waits;
        }
        if (user.root == pfn << 12)
            user.root = 0;
        if (user.first_root == pfn << 12)
            user.first_root = 0;
    } else { // last of all: until then the table above leads the next step here
        unhook(entry, pfn);
    }
    if (level == 1) {
        const std::uint64_t links = links_of(entry) >> 9;
        CapabilityEntry& links_entry = entry_at(frame_table.at(links).binding);
        release_frame(links_entry, links);
    }
    release_frame(entry, pfn);
    return Progress::done;
}

// `entry` has no children.
Progress break_leaf(CapabilityEntry& entry, std::uint32_t& work) {
    work += leaf_work + depth_of(entry) / walk_depth;
    switch (kind_of(entry)) {
    case Kind::frame:
        return break_frame(entry, work);
    case Kind::page_table:
        return break_table(entry, work);
    case Kind::table_links: {
        const FrameEntry& links = frame_table.at(frame_number_of(entry));
        return break_subtree(entry_at(frame_table.at(links.next).binding), work);
    }
    case Kind::kernel_object:
        end_environment(environment_of(frame_table.at(frame_number_of(entry))), EndReason::revoked,
                        0);
        return Progress::waits;
    case Kind::disk_extent:
        work += use_work;
        if (transfers_use(entry))
            return Progress::waits;
        break;
    case Kind::processor_time:
        work += use_work;
        if (!take_positions(entry, work))
            return Progress::again;
        break;
    case Kind::environment:
        forget_own_capability(entry);
        break;
    default:
        break;
    }
    erase_binding(entry);
    return Progress::done;
}

// Who loses something that another gave it learns of it. `entry` has been told apart before it was
// broken, because nothing is left of it now.
void tell_holder(Environment& holder, const Taken& taken) {
    if (holder.repossession != nullptr && &holder != processor().environment &&
        holder.state != EnvironmentState::ending)
        tell_lost(holder, taken, 0);
}

} // namespace

Progress remove_mappings(CapabilityEntry& frame, std::uint32_t& work) {
    while (frame.mapping_head != 0) {
        if (++work > step_limit)
            return Progress::again;
        frame.hardware |= static_cast<std::uint16_t>(
            remove_first_mapping(frame) & (abi::translation::accessed | abi::translation::dirty));
    }
    return Progress::done;
}

bool stop_serving(std::uint64_t pfn) {
    const FrameEntry& frame = frame_table.at(pfn);
    Environment& user = environment_of(frame);
    switch (frame.use) {
    case FrameUse::essential:
        return false;
    case FrameUse::io_ring: // what is in flight ends untold
        user.ring = nullptr;
        break;
    case FrameUse::repossession:
        user.repossession = nullptr;
        break;
    case FrameUse::none:
    case FrameUse::saving:
        return true;
    }
    unpin_frame(pfn);
    return true;
}

Taken taken_of(const CapabilityEntry& entry, std::uint32_t slot) {
    const bool frame = kind_of(entry) == Kind::frame;
    return {.name = last_name_of(entry),
            .kind = kind_of(entry),
            .frame = frame ? static_cast<std::uint32_t>(frame_number_of(entry)) : 0,
            .bits = entry.hardware,
            .slot = slot};
}

Progress break_descendants(CapabilityEntry& entry, std::uint32_t& work) {
    // From here on nothing is derived below this binding and no transfer begins there
    // (check_lasting), so what is to be taken only shrinks.
    entry.being_taken = true;
    while (entry.first_child != 0) {
        if (work >= step_limit)
            return Progress::again;
        // On the way down each binding loses its name and its translations.
        CapabilityEntry* leaf = &entry;
        do {
            leaf = &entry_at(leaf->first_child);
            if (processor_count != 1)
                hold(holder_of(*leaf));
            leaf->name = 0;
            if (kind_of(*leaf) == Kind::frame)
                FINISH(remove_mappings(*leaf, work));
        } while (leaf->first_child != 0);
        const Taken taken = taken_of(*leaf);
        Environment& holder = holder_of(*leaf);
        FINISH(break_leaf(*leaf, work));
        tell_holder(holder, taken);
    }
    entry.being_taken = false;
    return Progress::done;
}

Progress break_subtree(CapabilityEntry& entry, std::uint32_t& work) {
    hold(holder_of(entry));
    entry.name = 0; // nobody fills, maps or pins between the steps what is being emptied
    FINISH(break_descendants(entry, work));
    if (work >= step_limit)
        return Progress::again;
    return break_leaf(entry, work);
}

} // namespace exokernel
