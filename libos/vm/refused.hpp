// libos/vm/refused.hpp - the pager on calls and requests that the exokernel refuses because it has
// taken the frame or the page table that they name.
//
// Included by pager.hpp. A binding loses its name before its holder reads of it in a slot, so a
// refusal may come before the slot or after it. A fault whose frame is gone is abandoned, and that
// is recorded: its threads execute their instructions again and fault again. What a refused
// write-back would have written is with the exokernel; its page is `taken` until the slot says
// where it is.

#pragma once

#include "libos/vm/pager.hpp"

namespace libos {

/// A request of a fault, or of a frame to give back, has failed.
template <class Platform>
[[gnu::noinline]] void Pager<Platform>::request_refused(std::uint32_t slot, abi::Error error,
                                                        bool is_read) {
    const FaultRecord& record = faults_[slot];
    if (error != abi::Error::revoked ||
        platform_.lives(setup_.frames[record.frame].capability)) { // the disk, or its extent
        platform_.io_failed(error, is_read ? abi::IoOperation::read : abi::IoOperation::write,
                            is_read ? record.page - record.region->first
                                    : record.victim_page - record.victim_region->first);
        return;
    }
    if (!is_read) {
        taken_while_leaving(slot);
        return;
    }
    lose_frame(record.frame);
    abandon(slot, error);
}

/// The frame of a page that was to be written back is gone. Whoever faults on the page waits for
/// the slot.
template <class Platform> void Pager<Platform>::taken_while_leaving(std::uint32_t number) {
    const FaultRecord& record = faults_[number];
    const FrameNo frame = record.frame;
    const bool was_promised = record.state == FaultState::giving_back;
    const bool of_a_fault = record.state == FaultState::needs_frame_clean;
    if (!of_a_fault)
        --writing_;
    if (was_promised) {
        promised_ -= promised_ != 0;
        ++pool_; // lose_frame counts it out
    }
    lose_frame(frame);
    setup_.frames[frame].state = FrameState::taken;
    ++awaited_;
    PageState& left = state_of(setup_.frames[frame]);
    if (left == PageState::leaving(number))
        left = PageState::taken(frame); // else a fault waits for the block, and is told
    if (of_a_fault)
        abandon(number, abi::Error::revoked);
    else
        release_record(number);
    await_slot();
}

/// A frame with a page has been found gone, and its slot is still to come.
template <class Platform> void Pager<Platform>::expect_slot(FrameNo number) {
    withdraw(number);
    lose_frame(number);
    setup_.frames[number].state = FrameState::taken;
    ++awaited_;
    state_of(setup_.frames[number]) = PageState::taken(number);
    await_slot();
}

/// If others have been taken without a slot, what is awaited may not come either.
template <class Platform> void Pager<Platform>::await_slot() {
    untold_ = 0;
    slots_wait_ = 1;
}

/// Step 7 was refused: the frame or the page table has gone since the fault began.
template <class Platform>
[[gnu::noinline]] void Pager<Platform>::not_mapped(std::uint32_t number, abi::Error error) {
    const FaultRecord& record = faults_[number];
    Frame& frame = setup_.frames[record.frame];
    if (!platform_.lives(frame.capability)) {
        lose_frame(record.frame);
        abandon(number, error);
        return;
    }
    if (frame.table) {
        if (platform_.lives(frame.table))
            platform_.refused("install", error);
        forget_table(frame.table);
    }
    frame.table = table_for(*record.region, record.page);
    if (frame.table && platform_.install(frame.table, abi::Vpn{vpn(record.page)}, frame.capability,
                                         access_of(*record.region, record.page)) == abi::Error{}) {
        finish_mapping(number);
        return;
    }
    free_frame(record.frame);
    abandon(number, error); // whoever faults again makes room first
}

/// Ends a fault without its page: the threads that wait for it fault again.
template <class Platform> void Pager<Platform>::abandon(std::uint32_t number, abi::Error error) {
    FaultRecord& record = faults_[number];
    record.region->map[record.page - record.region->first] = state_before(number);
    note_not_along(record);
    for (FaultingThread* thread = record.threads; thread != nullptr;) {
        FaultingThread* const next = thread->next_waiting;
        note_abandoned(*thread, error);
        platform_.wake(*thread);
        thread = next;
    }
    leave_group(number);
    record.frame = no_frame; // the policy does not hear of it
    record.state = FaultState::mapped;
    announce_mapped();
}

/// The thread is about to go on without its page.
template <class Platform>
void Pager<Platform>::note_abandoned(const FaultingThread& thread, abi::Error error) {
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::fault_abandoned>(thread.sequence, vpn(thread.page),
                                                             thread.id, error);
}

/// There is no page table for the page of `thread` just now. False: it waits for what is in flight.
/// With nothing in flight nobody would wake it, so it faults again: its instructions are what the
/// deadline of a request counts.
template <class Platform> [[gnu::noinline]] bool Pager<Platform>::put_off(FaultingThread& thread) {
    if (in_flight_ != 0 || awaited_ != 0)
        return false;
    note_abandoned(thread, table_refused_);
    platform_.wake(thread);
    return true;
}

/// What the page of an abandoned fault goes back to.
template <class Platform> PageState Pager<Platform>::state_before(std::uint32_t number) {
    const FaultRecord& record = faults_[number];
    if (record.source == Source::saved)
        return PageState::saved(record.slot);
    if (record.source == Source::lost)
        return PageState::lost();
    if (!record.block_dirty)
        return {};
    for (std::uint32_t i = 0; i < fault_limit; ++i) {
        FaultRecord& other = faults_[i];
        if (other.reader == number &&
            (other.state == FaultState::needs_frame_clean ||
             other.state == FaultState::giving_back || other.state == FaultState::making_room)) {
            other.reader = no_fault;
            return PageState::leaving(i);
        }
    }
    for (FrameNo frame = 0; frame < setup_.frames.size(); ++frame)
        if (setup_.frames[frame].state == FrameState::taken &&
            setup_.frames[frame].page == record.page)
            return PageState::taken(frame);
    return {};
}

/// A thread faulted on a page that is resident: its translation may have gone with its table, or
/// with its frame, or another thread has mapped it in the meantime.
template <class Platform>
[[gnu::noinline]] auto Pager<Platform>::map_again(Region& region, PageNo page, FrameNo number,
                                                  FaultingThread& thread) -> Taken {
    Frame& frame = setup_.frames[number];
    if (frame.table && !platform_.lives(frame.table))
        forget_table(frame.table);
    if (view_.translation_of(frame) != 0)
        return Taken::resident;
    if (!platform_.lives(frame.capability)) { // and its slot is still to come
        expect_slot(number);
        stall(thread);
        go_on();
        return Taken::waits;
    }
    ++frame.pins; // it must not be what makes room for its own table
    const Room room = make_room_for_table(region, page);
    --frame.pins;
    frame.table = table_of(region, page);
    const abi::Error error = room != Room::made
                                 ? table_refused_
                                 : platform_.install(frame.table, abi::Vpn{vpn(page)},
                                                     frame.capability, access_of(region, page));
    if (error != abi::Error{})
        note_abandoned(thread, error); // it faults again, or the run ends
    return Taken::resident;
}

/// Step 5 of a page whose contents are not in its own block.
template <class Platform>
[[gnu::noinline]] void Pager<Platform>::start_from_elsewhere(std::uint32_t number) {
    FaultRecord& record = faults_[number];
    if (record.source == Source::zero) {
        zero_fill(number);
        return;
    }
    if (record.source == Source::lost) {
        if (setup_.frames[record.frame].state == FrameState::in_flight)
            free_frame(record.frame);
        abandon(number, abi::Error::revoked);
        return;
    }
    const abi::IoRequest place = platform_.place_of(record.slot);
    record.state = FaultState::reading;
    record.cookie = next_cookie(number);
    ++figures_.reads;
    if constexpr (Platform::recording) {
        const Frame& frame = setup_.frames[record.frame];
        const std::uint64_t block = platform_.disk_block_of(record.slot);
        platform_.template emit<abi::Event::page_restored>(vpn(record.page), block);
        platform_.template emit<abi::Event::read_submitted>(record.sequence, vpn(record.page),
                                                            frame.pfn, record.cookie, block);
    }
    platform_.submit({place.extent, setup_.frames[record.frame].capability, place.block,
                      abi::IoOperation::read, record.cookie});
    ++in_flight_;
    ++unsubmitted_;
}

/// A saved page is in memory again. It differs from its block until it is written there.
template <class Platform>
[[gnu::noinline]] void Pager<Platform>::note_restored(const FaultRecord& record) {
    setup_.frames[record.frame].dirty = true;
    ++figures_.restored;
    saved_[record.slot] = {};
    platform_.make_ready(record.slot);
}

} // namespace libos
