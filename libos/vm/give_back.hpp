// libos/vm/give_back.hpp - the pager complies with a revocation: it chooses what it gives back.
//
// Included by pager.hpp. Step 2 of a revocation: frames that hold no page go first, then those
// that the policy names. A clean page needs no call of its own, because `drop_frames` removes the
// translations of what it drops; the dirty bit that the page table shows is final, since no thread
// runs. A dirty page is written back first, like a victim of a fault; only when the write is
// complete is its frame given back.
//
// Below minimum_frames the pager does not go: its threads could not get on. The exokernel takes the
// rest when the deadline passes, or leaves it if it is guaranteed.

#pragma once

#include "libos/vm/pager.hpp"

namespace libos {

template <class Platform>
void Pager<Platform>::handle_revocation(const RevocationRequest& request) {
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::revocation_seen>(
            request.number, request.binding.value, request.count, request.deadline, pool_);
    revocation_ = request.number;
    owed_ = request.count;
    seen_taken_ = platform_.bindings_taken();
    promised_ = writing_; // for a request before this one, and not needed for that any more
    go_on_giving_back();
    if (unsubmitted_ != 0) {
        unsubmitted_ = 0;
        platform_.ring_doorbell();
    }
}

/// Gives what can be given now.
template <class Platform> [[gnu::noinline]] void Pager<Platform>::go_on_giving_back() {
    if (owed_ != 0) {
        const std::uint64_t taken = platform_.bindings_taken();
        const std::uint64_t since = taken - seen_taken_;
        seen_taken_ = taken;
        owed_ -= since < owed_ ? since : owed_;
        if (!platform_.is_asked(revocation_))
            owed_ = 0; // met, or the rest was taken
    }
    while (promised_ < owed_ && platform_.has_time(revocation_) &&
           pool_ > platform_.least_frames() && choose_frame()) {
    }
    batch_.perform(); // bits that the policy cleared
    drop_listed();
}

/// Chooses the next frame to give back; false if there is none now.
template <class Platform> bool Pager<Platform>::choose_frame() {
    if (const FrameNo unused = free_.back(); unused != no_frame) {
        free_.remove(unused);
        --free_count_;
        note_chosen(unused, 0, false);
        list_frame(unused);
        return true;
    }
    batch_.perform(); // bits that the policy has cleared: it must not find them set again
    std::uint64_t offered = 0;
    std::uint64_t reason = 0;
    const FrameNo victim =
        select_victim({no_page, Why::revocation, policy_sequence_}, 0, 1, offered, reason);
    if (victim == no_frame)
        return false;
    if (view_.dirty(victim))
        return write_and_give_back(victim);
    const Frame& frame = setup_.frames[victim];
    note_chosen(victim, vpn(frame.page), false);
    detach(victim);
    frame.region->map[frame.page - frame.region->first] = PageState{};
    list_frame(victim);
    return true;
}

/// It is chosen for the request that is open; where none is, it makes room for a page table.
template <class Platform>
void Pager<Platform>::note_chosen(FrameNo number, std::uint64_t page, bool dirty) {
    --pool_;
    ++promised_;
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::frame_chosen>(
            owed_ != 0 ? revocation_ : 0, setup_.frames[number].pfn, page, dirty, 0);
}

/// Starts the write-back of a frame that is to be given back. A fault record keeps it, so that
/// whoever faults on the page meanwhile finds it leaving and waits for its block.
template <class Platform> bool Pager<Platform>::write_and_give_back(FrameNo victim) {
    // The ring has places for one request of each thread and for flush_limit others.
    if (unused_fault_ == no_fault || !has_flush_place()) {
        note_let_be(0, victim);
        return false;
    }
    const std::uint32_t index = unused_fault_;
    FaultRecord& record = faults_[index];
    unused_fault_ = record.next_in_order;
    record.state = FaultState::giving_back;
    record.frame = victim;
    record.sequence = 0;
    record.reader = no_fault;
    record.victim_region = nullptr;
    record.block_dirty = false;
    record.threads = nullptr;
    note_chosen(victim, vpn(setup_.frames[victim].page), true);
    ++writing_;
    evict(victim, record);
    if (record.victim_region == nullptr) { // it was not dirty after all
        release_record(index);
        --writing_;
        list_frame(victim);
    }
    return true;
}

/// The page of a frame to give back is written.
template <class Platform> void Pager<Platform>::complete_give_back(std::uint32_t number) {
    release_block(number);
    const FrameNo frame = faults_[number].frame;
    setup_.frames[frame].dirty = false;
    release_record(number);
    --writing_;
    if (platform_.has_time(revocation_)) {
        list_frame(frame);
        return;
    }
    promised_ -= promised_ != 0;
    ++pool_;
    free_frame(frame);
}

/// Puts a frame on the list of those that the next call drops.
template <class Platform> void Pager<Platform>::list_frame(FrameNo number) {
    Frame& frame = setup_.frames[number];
    const std::span<abi::Capability> list = platform_.drop_list();
    if (listed_ == list.size())
        drop_listed();
    frame.state = FrameState::gone;
    list[listed_++] = frame.capability;
}

template <class Platform> void Pager<Platform>::drop_listed() {
    if (listed_ == 0)
        return;
    batch_.perform(); // while the translations that it names are there
    platform_.drop(listed_);
    figures_.given_back += listed_;
    const std::uint64_t settled = listed_ < owed_ ? listed_ : owed_;
    owed_ -= settled;
    promised_ -= listed_ < promised_ ? listed_ : promised_;
    listed_ = 0;
    platform_.pool_is(pool_);
}

/// The leaf page table of `page` is there or can be bound; where nothing else is left, frames of
/// the pool are given up for it. Later: they are being written, or asked back themselves.
template <class Platform>
[[gnu::noinline]] auto Pager<Platform>::make_room_for_table(Region& region, PageNo page) -> Room {
    constexpr unsigned table_frames = 3; // a leaf, its links, the table above it
    if (table_for(region, page))
        return Room::made;
    if (owed_ != 0)
        return Room::later; // what is freed now is not to be had again; the request ends soon
    if (pool_ < table_frames + 2) {
        platform_.no_room_for_table(pool_);
        return Room::none;
    }
    for (unsigned i = 0; i < table_frames && choose_frame(); ++i) {
    }
    batch_.perform(); // bits that the policy cleared
    drop_listed();
    return table_for(region, page) ? Room::made : Room::later;
}

} // namespace libos
