// libos/vm/pager_completion.hpp - the pager on a completion: steps 6 and 7, and step 5 when it had
// to wait for a write-back.
//
// Included by pager.hpp. Runs inside the io_completion upcall. Further reads are submitted before
// pages are installed, so that nothing enters the exokernel between step 7 and step 8.

#pragma once

#include "libos/vm/pager.hpp"

namespace libos {

template <class Platform> [[gnu::always_inline]] inline void Pager<Platform>::handle_completions() {
    do {
        std::uint32_t arrived[fault_limit];
        std::uint32_t count = 0;
        abi::IoCompletion completion;
        while (platform_.take_completion(completion)) {
            --in_flight_;
            const auto slot = static_cast<std::uint32_t>(completion.cookie & 0xff);
            if (slot == outside_slot) [[unlikely]] {
                outside_ = static_cast<abi::Error>(completion.error);
                continue;
            }
            if (slot >= fault_limit) {
                complete_flush_write(slot - fault_limit, completion);
                continue;
            }
            const FaultRecord& record = faults_[slot];
            const bool is_read =
                record.state == FaultState::reading || record.state == FaultState::reading_along;
            if constexpr (Platform::recording)
                platform_.template emit<abi::Event::completion_seen>(
                    record.sequence, completion.cookie, completion.error,
                    setup_.frames[record.frame].pfn,
                    vpn(is_read ? record.page : record.victim_page));
            if (completion.error != 0) [[unlikely]]
                request_refused(slot, static_cast<abi::Error>(completion.error), is_read);
            else if (record.state == FaultState::reading) [[likely]]
                arrived[count++] = slot;
            else if (is_read)
                arrive_together(slot, arrived, count);
            else
                complete_write(slot);
        }
        if (unsubmitted_ != 0) {
            unsubmitted_ = 0;
            platform_.ring_doorbell();
        }
        for (std::uint32_t i = 0; i < count; ++i)
            map_page(arrived[i]);
        if (stalled_ != nullptr || (owed_ | slots_wait_) != 0)
            go_on();
    } while (platform_.arm());
}

/// What had to wait goes on.
template <class Platform> [[gnu::noinline]] void Pager<Platform>::go_on() {
    if (slots_wait_ != 0)
        read_slots();
    continue_stalled();
    go_on_giving_back();
    if (unsubmitted_ != 0) {
        unsubmitted_ = 0;
        platform_.ring_doorbell();
    }
}

/// Step 5: the frame is clean and so is the block. Pages behind the end of the file are not read.
template <class Platform>
[[gnu::always_inline]] inline void Pager<Platform>::start_read(std::uint32_t number) {
    FaultRecord& record = faults_[number];
    if (record.source != Source::home) [[unlikely]] {
        start_from_elsewhere(number);
        return;
    }
    const Frame& frame = setup_.frames[record.frame];
    record.state = FaultState::reading;
    record.cookie = next_cookie(number);
    ++figures_.reads;
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::read_submitted>(record.sequence, vpn(record.page),
                                                            frame.pfn, record.cookie,
                                                            record.region->disk_block(record.page));
    submit(abi::IoOperation::read, *record.region, record.page, frame.capability, record.cookie);
}

template <class Platform> [[gnu::noinline]] void Pager<Platform>::zero_fill(std::uint32_t number) {
    const FaultRecord& record = faults_[number];
    const Frame& frame = setup_.frames[record.frame];
    ++figures_.zero_filled;
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::zero_filled>(vpn(record.page), frame.pfn);
    platform_.zero(frame.capability, 0);
    map_page(number);
}

/// Step 4b is complete: the frame is free for its new page, the block for whoever reads it.
template <class Platform>
[[gnu::noinline]] void Pager<Platform>::complete_write(std::uint32_t number) {
    FaultRecord& record = faults_[number];
    if (record.state == FaultState::giving_back) {
        complete_give_back(number);
        return;
    }
    release_block(number);
    setup_.frames[record.frame].dirty = false;
    if (record.state == FaultState::making_room)
        complete_room(number);
    else if (record.block_dirty)
        record.state = FaultState::needs_block_clean;
    else
        start_read_later(number);
}

/// A victim that no fault has waited for is written: its frame is free.
template <class Platform> void Pager<Platform>::complete_room(std::uint32_t number) {
    const FrameNo frame = faults_[number].frame;
    release_record(number);
    --writing_;
    free_frame(frame);
}

/// Step 5 after a write-back.
template <class Platform> void Pager<Platform>::start_read_later(std::uint32_t number) {
    start_read(number);
    FaultRecord& record = faults_[number];
    if (record.leader != no_fault && record.state == FaultState::reading)
        record.state = FaultState::reading_along;
}

/// A write-back is complete: its block may be read, and is if a fault waits for that.
template <class Platform> void Pager<Platform>::release_block(std::uint32_t number) {
    const FaultRecord& record = faults_[number];
    PageState& left = record.victim_region->map[record.victim_page - record.victim_region->first];
    if (left == PageState::leaving(number))
        left = PageState{};
    if (record.reader != no_fault) {
        FaultRecord& reader = faults_[record.reader];
        reader.block_dirty = false;
        if (reader.state == FaultState::needs_block_clean)
            start_read_later(record.reader);
    }
}

/// Step 7: installs the translation and wakes the threads that wait for the page.
template <class Platform>
[[gnu::always_inline]] inline void Pager<Platform>::map_page(std::uint32_t number) {
    const FaultRecord& record = faults_[number];
    Region& region = *record.region;
    Frame& frame = setup_.frames[record.frame];
    const std::uint64_t index = record.page - region.first;
    if (index + 1 == region.blocks && region.length % abi::page_size != 0) [[unlikely]]
        platform_.zero(frame.capability, region.length % abi::page_size);

    frame.page = record.page;
    frame.region = &region;
    frame.table = table_of(region, record.page); // bound at step 2; 0 if it has been taken since
    frame.state = FrameState::announced_later;
    const std::uint64_t access = access_of(region, record.page);
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::mapped>(
            record.sequence, vpn(record.page), frame.pfn,
            record.threads == nullptr ? 0 : record.threads->id, access);
    const abi::Error error =
        platform_.install(frame.table, abi::Vpn{vpn(record.page)}, frame.capability, access);
    if (error != abi::Error{}) [[unlikely]] {
        not_mapped(number, error);
        return;
    }
    finish_mapping(number);
}

/// The page is there: books, and the threads that wait for it.
template <class Platform>
[[gnu::always_inline]] inline void Pager<Platform>::finish_mapping(std::uint32_t number) {
    FaultRecord& record = faults_[number];
    Frame& frame = setup_.frames[record.frame];
    record.region->map[record.page - record.region->first] = PageState::resident(record.frame);
    if (record.source == Source::saved) [[unlikely]]
        note_restored(record);

    for (FaultingThread* thread = record.threads; thread != nullptr;) {
        FaultingThread* const next = thread->next_waiting;
        ++frame.pins;
        thread->fresh_pin = &frame.pins;
        platform_.wake(*thread);
        thread = next;
    }
    record.state = FaultState::mapped;
    announce_mapped();
}

/// Tells the policy of mapped pages in fault order.
template <class Platform> [[gnu::always_inline]] inline void Pager<Platform>::announce_mapped() {
    while (first_in_order_ != no_fault && faults_[first_in_order_].state == FaultState::mapped) {
        const std::uint32_t number = first_in_order_;
        const FaultRecord& record = faults_[number];
        if (record.frame != no_frame) [[likely]] {
            setup_.frames[record.frame].state = FrameState::resident;
            mapped_order_.push_back(record.frame);
            setup_.policy->on_mapped(
                setup_.policy_object, record.frame,
                fault_of(*record.region, record.page, record.why, record.policy_sequence));
        }
        first_in_order_ = record.next_in_order;
        if (first_in_order_ == no_fault)
            last_in_order_ = no_fault;
        release_record(number);
    }
}

template <class Platform>
[[gnu::always_inline]] inline void Pager<Platform>::release_record(std::uint32_t number) {
    faults_[number].state = FaultState::unused;
    faults_[number].next_in_order = unused_fault_;
    unused_fault_ = number;
}

} // namespace libos
