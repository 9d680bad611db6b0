// exokernel/revocation/take_by_force.cpp - step 5 of a revocation: the abort protocol.
//
// Goes along the children of the memory binding that is asked for, newest first: the first time for
// frames, the second time for page tables, rings and what was passed on to others, the third time
// for what something stood on until then. What is guaranteed with the tables above it, or what the
// holder itself cannot live without, is spared each time. The place on the
// way is kept in the binding itself (`mapping_head`, which a memory binding has no other use for),
// so that `unlink` can move it on. Nothing is bound meanwhile: the limit is used up.

#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/environment/end_environment.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/syscall/call.hpp"

namespace exokernel {

namespace {

// Which time it is; or there is only the one binding.
constexpr std::uint32_t rest = 2, whatever_is_left = 3, alone = 4;
constexpr std::uint32_t look_work = 2;   // units of looking at one child
constexpr std::uint32_t take_work = 8;   // of taking a frame
constexpr std::uint32_t table_work = 64; // of looking whether a table is empty

// A frame that its holder has to itself.
Progress force_frame(CapabilityEntry& frame, std::uint32_t& work) {
    const std::uint64_t pfn = frame_number_of(frame);
    frame.name = 0;             // its holder maps it no more
    if (frame.first_child != 0) // others may have used it, and written it
        frame.hardware |= abi::translation::accessed | abi::translation::dirty;
    FINISH(break_descendants(frame, work));
    FINISH(remove_mappings(frame, work));
    if (!stop_serving(pfn)) // another environment cannot live without it
        end_environment(environment_of(frame_table.at(pfn)), EndReason::revoked, 0);
    work += take_work + depth_of(frame) / 4; // it is counted in each binding above
    if (frame_table.at(pfn).pins != 0 || !take_frame(holder_of(frame), frame))
        return Progress::waits; // for its transfers, for a place on the device
    return Progress::done;
}

// Anything else goes with all that was derived from it or lies below it; its contents are lost.
Progress force_whole(CapabilityEntry& entry, std::uint32_t number, std::uint32_t& work) {
    const Taken taken = taken_of(entry);
    Environment& holder = holder_of(entry);
    FINISH(break_subtree(entry, work));
    record(Event::binding_taken, number, holder.identity, taken.name.value, taken.kind, taken.frame,
           taken.bits, 0, 0);
    tell_lost(holder, taken, number);
    return Progress::done;
}

bool is_first_of_frame(const CapabilityEntry& entry) {
    return kind_of(entry) == Kind::frame && is_first_binding(entry, frame_number_of(entry));
}

// First tables that nothing hangs on; whoever guarantees a leaf keeps those above it.
bool may_take_table(const CapabilityEntry& table, std::uint32_t time, std::uint32_t& work) {
    const std::uint64_t physical = physical_of(table_of(table));
    const FrameEntry& frame = frame_table.at(physical >> 12);
    if (!is_first_binding(table, physical >> 12))
        return true; // a derived one: only its holder loses
    if (frame.guaranteed || frame.pins != 0)
        return false;
    const unsigned level = level_of(table);
    if (level == 1)
        return true;
    if (level == 4) {
        const Environment& user = environment_of(frame);
        if (&user == &holder_of(table) && (user.root == physical || user.first_root == physical))
            return false;
    }
    if (time >= whatever_is_left)
        return true;
    work += table_work;
    return is_empty(table);
}

bool may_take(const CapabilityEntry& entry, std::uint32_t time, std::uint32_t& work) {
    switch (kind_of(entry)) {
    case Kind::frame: {
        if (!is_first_of_frame(entry))
            return true;
        const FrameEntry& frame = frame_table.at(frame_number_of(entry));
        const bool essential =
            frame.use == FrameUse::essential && &environment_of(frame) == &holder_of(entry);
        return !frame.guaranteed && !essential && (time >= rest || frame.use == FrameUse::none);
    }
    case Kind::page_table:
        return time >= rest && may_take_table(entry, time, work);
    case Kind::table_links: // goes with its table
        return time == alone && !frame_table.at(frame_number_of(entry)).guaranteed;
    default:
        return time >= rest;
    }
}

Progress force(CapabilityEntry& entry, std::uint32_t number, std::uint32_t& work) {
    return is_first_of_frame(entry) ? force_frame(entry, work) : force_whole(entry, number, work);
}

Progress force_memory(Revocation& revocation, CapabilityEntry& memory, std::uint32_t& work) {
    std::uint32_t& place = memory.mapping_head;
    while (!revocation.met && memory.object > memory.detail + revocation.saving) {
        work += look_work;
        if (work >= step_limit)
            return Progress::again;
        if (place == 0) {
            if (revocation.way == whatever_is_left)
                break;
            ++revocation.way;
            place = memory.first_child;
            continue;
        }
        CapabilityEntry& child = entry_at(place);
        if (may_take(child, revocation.way, work))
            FINISH(force(child, revocation.number, work));
        if (place == reference_of(child)) // spared, or its contents are being written
            place = child.next_sibling;
    }
    return revocation.saving != 0 ? Progress::waits : Progress::done;
}

} // namespace

Progress take_by_force(Environment& receiver, std::uint32_t& work) {
    Revocation& revocation = receiver.revocation;
    hold(receiver);
    if (revocation.met)
        return revocation.saving != 0 ? Progress::waits : Progress::done;
    CapabilityEntry& target = entry_at(revocation.target);
    if (kind_of(target) == Kind::memory)
        return force_memory(revocation, target, work);
    // One binding: a frame whose contents are being written is still there, without pins to wait
    // for once they are.
    if (revocation.saving != 0)
        return Progress::waits;
    if (!may_take(target, alone, work))
        return Progress::done;
    FINISH(force(target, revocation.number, work));
    return revocation.saving != 0 ? Progress::waits : Progress::done;
}

} // namespace exokernel
