// libos/vm/pager_fault.hpp - the pager on a page fault: steps 2 to 5.
//
// Included by pager.hpp. Runs inside the page-fault upcall; everything is a fixed number of steps
// except the policy's own.

#pragma once

#include "libos/vm/pager.hpp"

namespace libos {

template <class Platform>
[[gnu::always_inline]] inline auto Pager<Platform>::handle_fault(Region& region, PageNo page,
                                                                 Why why, FaultingThread& thread,
                                                                 bool retried) -> Taken {
    ++figures_.faults;
    if (retried || thread.held_count != 0) [[unlikely]]
        hold_pages(thread, retried);
    thread.page = page;
    thread.why = why;
    thread.sequence = figures_.faults;
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::fault_seen>(vpn(page), thread.id, thread.sequence, why,
                                                        region.first);

    const PageState state = region.map[page - region.first];
    if (state.kind() == PageState::Kind::resident) [[unlikely]]
        return map_again(region, page, state.index(), thread);
    if (state.kind() == PageState::Kind::arriving) {
        ++figures_.joined;
        if constexpr (Platform::recording)
            platform_.template emit<abi::Event::fault_joined>(vpn(page), thread.id);
        FaultRecord& record = faults_[state.index()];
        thread.next_waiting = nullptr;
        *record.threads_end = &thread;
        record.threads_end = &thread.next_waiting;
        return Taken::waits;
    }
    if (stalled_ != nullptr) [[unlikely]] {
        stall(thread); // in fault order, behind those that already wait
        continue_stalled();
    } else if (!(by_rules_ ? begin_by_rules(thread, region, state.kind())
                           : begin<false>(thread, region, state.kind()))) {
        stall(thread);
    }
    if (owed_ != 0) [[unlikely]]
        go_on_giving_back(); // the thread has resumed, what was pinned for it is not any more
    if (unsubmitted_ != 0) {
        unsubmitted_ = 0;
        platform_.ring_doorbell();
    }
    return Taken::waits;
}

/// Starts to bring in the page that `thread` faulted on, which is in the state `kind`. False if no
/// frame can be had now.
template <class Platform>
template <bool by_rules>
[[gnu::always_inline]] inline bool Pager<Platform>::begin(FaultingThread& thread, Region& region,
                                                          PageState::Kind kind) {
    // Before a victim goes and before a read is submitted: at step 7 it would be too late.
    if (!table_of(region, thread.page)) [[unlikely]] {
        if (const Room room = make_room_for_table(region, thread.page); room != Room::made)
            return room == Room::none || put_off(thread); // none: the run ends
        kind = region.map[thread.page - region.first].kind();
    }
    if (unused_fault_ == no_fault) [[unlikely]]
        return false;
    FaultRecord& record = faults_[unused_fault_];
    if (kind >= PageState::Kind::taken) [[unlikely]] {
        if (kind == PageState::Kind::lost)
            platform_.page_lost(thread.page - region.first);
        return kind == PageState::Kind::lost; // else its contents are to come
    }

    record.page = thread.page;
    record.region = &region;
    record.why = thread.why;
    record.sequence = thread.sequence;
    record.reader = no_fault;
    record.victim_region = nullptr;
    const Fault fault = fault_of(region, thread.page, thread.why, policy_sequence_ + 1);
    if constexpr (by_rules)
        prepare(fault);
    const FrameNo number = take_frame<by_rules>(fault, record, vpn(thread.page));
    if (number == no_frame)
        return false;

    // Nothing can fail from here on.
    ++policy_sequence_;
    record.threads = &thread;
    thread.next_waiting = nullptr;
    record.threads_end = &thread.next_waiting;
    const std::uint32_t index = enter(record, region, thread.page, kind, number);
    if constexpr (by_rules) {
        last_taken_ = number;
        last_page_ = fault.page;
        if (setup_.policy->prefetch != nullptr && fault.page - region.first < region.blocks)
            read_along(index, fault);
        if (!batch_.empty()) { // nothing was evicted, with which it would have been performed
            batch_.perform();
            view_.begin_selection();
        }
    }
    return true;
}

/// `page`, which was in the state `kind`, is on its way into frame `number`; `record` is the first
/// unused one.
template <class Platform>
[[gnu::always_inline]] inline std::uint32_t
Pager<Platform>::enter(FaultRecord& record, Region& region, PageNo page, PageState::Kind kind,
                       FrameNo number) {
    PageState& state = region.map[page - region.first];
    const std::uint32_t index = unused_fault_;
    unused_fault_ = record.next_in_order;
    record.next_in_order = no_fault;
    (last_in_order_ == no_fault ? first_in_order_ : faults_[last_in_order_].next_in_order) = index;
    last_in_order_ = index;
    record.policy_sequence = policy_sequence_;
    record.frame = number;
    record.source = page - region.first >= region.blocks ? Source::zero : Source::home;

    record.block_dirty = kind == PageState::Kind::leaving;
    if (record.block_dirty) {
        faults_[state.index()].reader = index;
    } else if (kind == PageState::Kind::saved) [[unlikely]] {
        record.source = Source::saved;
        record.slot = state.index();
    }
    state = PageState::arriving(index);

    if (record.victim_region != nullptr)
        record.state = FaultState::needs_frame_clean;
    else if (record.block_dirty)
        record.state = FaultState::needs_block_clean;
    else
        start_read(index);
    return index;
}

template <class Platform>
[[gnu::noinline]] bool Pager<Platform>::begin_by_rules(FaultingThread& thread, Region& region,
                                                       PageState::Kind kind) {
    return begin<true>(thread, region, kind);
}

template <class Platform>
[[gnu::noinline]] bool Pager<Platform>::begin_stalled(FaultingThread& thread, Region& region,
                                                      PageState::Kind kind) {
    return by_rules_ ? begin_by_rules(thread, region, kind) : begin<false>(thread, region, kind);
}

/// Step 3: a free frame, or a victim's, whose page is removed (step 4).
template <class Platform>
template <bool by_rules>
[[gnu::always_inline]] inline FrameNo
Pager<Platform>::take_frame(const Fault& fault, FaultRecord& record, PageNo shown_page) {
    if (free_count_ != 0) {
        const FrameNo number = free_.front();
        free_.remove(number);
        --free_count_;
        setup_.frames[number].state = FrameState::in_flight;
        if constexpr (Platform::recording)
            platform_.template emit<abi::Event::frame_taken>(
                record.sequence, setup_.frames[number].pfn, free_count_, shown_page, number);
        return number;
    }
    std::uint64_t offered = 0;
    std::uint64_t reason = 0;
    const std::uint32_t wanted = by_rules ? setup_.rules.batch : 1;
    const FrameNo victim = select_victim(fault, record.sequence, wanted, offered, reason);
    if (victim == no_frame) {
        batch_.perform(); // bits that the policy cleared are cleared, whatever comes of it
        return no_frame;
    }
    if constexpr (Platform::recording) {
        const Frame& frame = setup_.frames[victim];
        platform_.template emit<abi::Event::victim_chosen>(
            record.sequence, vpn(frame.page), frame.pfn, free_count_, offered,
            packed_name(setup_.policy->name), reason, view_.dirty(victim));
    }
    if constexpr (by_rules) {
        write_cluster(victim);
        choose_extras(victim, record.sequence, offered);
    }
    evict(victim, record);
    if constexpr (by_rules)
        settle_extras();
    return victim;
}

/// Asks the policy and validates its answer; FIFO steps in where there is no good one.
template <class Platform>
[[gnu::always_inline]] inline FrameNo
Pager<Platform>::select_victim(const Fault& fault, std::uint64_t sequence, std::uint32_t wanted,
                               std::uint64_t& offered, std::uint64_t& reason) {
    view_.begin_selection();
    offered = ask_policy(fault, std::span{proposals_.data(), wanted});
    reason = offered == 0 ? nothing_offered : refusal_of(proposals_[0]);
    if (reason == 0) [[likely]]
        return proposals_[0];
    return another_victim(sequence, offered < wanted ? static_cast<std::uint32_t>(offered) : wanted,
                          reason);
}

/// Why a frame that the policy proposes is not to be had; 0: it is.
template <class Platform>
[[gnu::always_inline]] inline std::uint64_t Pager<Platform>::refusal_of(FrameNo proposal) const {
    if (proposal >= setup_.frames.size())
        return no_such_frame;
    return view_.pinned(proposal) ? not_to_be_had : 0;
}

/// The first of the policy's proposals is no good: the next one that is, else the page that has
/// been mapped longest.
template <class Platform>
[[gnu::noinline]] FrameNo Pager<Platform>::another_victim(std::uint64_t sequence,
                                                          std::uint32_t offered,
                                                          std::uint64_t reason) {
    for (std::uint32_t i = 0; i < offered; ++i) {
        if (refusal_of(proposals_[i]) == 0)
            return proposals_[i];
        ++figures_.refused;
        if constexpr (Platform::recording)
            if (proposals_[i] < setup_.frames.size())
                note_told(this, proposals_[i], abi::Told::pinned);
    }
    const FrameNo proposal = offered == 0 ? no_frame : proposals_[0];
    for (FrameNo frame = mapped_order_.front(); frame != no_frame;
         frame = mapped_order_.next(frame)) {
        if (view_.pinned(frame)) {
            if constexpr (Platform::recording)
                note_told(this, frame, abi::Told::pinned);
            continue;
        }
        ++figures_.fallbacks;
        if constexpr (Platform::recording)
            platform_.template emit<abi::Event::policy_fallback>(
                sequence, vpn(setup_.frames[frame].page), reason, proposal);
        return frame;
    }
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::no_victim>(sequence, 0);
    return no_frame; // everything is in flight or must be touched first
}

/// Steps 4 and 4b: removes the victim's translation; a dirty page is written back.
template <class Platform>
[[gnu::always_inline]] inline void Pager<Platform>::evict(FrameNo victim, FaultRecord& record) {
    const Frame& frame = setup_.frames[victim];
    const std::uint64_t bits = batch_.empty()
                                   ? platform_.remove(frame.table, abi::Vpn{vpn(frame.page)})
                                   : batch_.remove_and_perform(frame.table, vpn(frame.page));
    settle(victim, bits, record);
}

/// The victim's translation has gone, and had `bits`.
template <class Platform>
[[gnu::always_inline]] inline void Pager<Platform>::settle(FrameNo victim, std::uint64_t bits,
                                                           FaultRecord& record) {
    Frame& frame = setup_.frames[victim];
    Region& region = *frame.region;
    frame.state = FrameState::in_flight;
    detach(victim);
    PageState& state = region.map[frame.page - region.first];
    if ((bits & abi::translation::dirty) == 0 && !frame.dirty) {
        state = PageState{};
        return;
    }
    if (bits == translation_gone) [[unlikely]] {
        if (!may_be_dirty(frame)) {
            state = PageState{};
            return;
        }
    } else {
        frame.dirty = true; // until it is written, and nobody else knows now
    }
    const std::uint32_t index = number_of(record);
    state = PageState::leaving(index);
    record.victim_region = &region;
    record.victim_page = frame.page;
    record.cookie = next_cookie(index);
    ++figures_.writebacks;
    ++figures_.dirty_evictions;
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::write_back_submitted>(record.sequence, vpn(frame.page),
                                                                  frame.pfn, record.cookie,
                                                                  region.disk_block(frame.page));
    submit(abi::IoOperation::write, region, frame.page, frame.capability, record.cookie);
}

/// A frame that holds no page is to be had, after those that are already.
template <class Platform> void Pager<Platform>::free_frame(FrameNo number) {
    setup_.frames[number].state = FrameState::free;
    setup_.frames[number].dirty = false;
    free_.push_back(number);
    ++free_count_;
}

/// The books on a page that gives way, its page map apart.
template <class Platform>
[[gnu::always_inline]] inline void Pager<Platform>::detach(FrameNo number) {
    forget_mapping(number);
    ++figures_.evictions;
    figures_.victims_hash = add_to_hash(figures_.victims_hash, setup_.frames[number].page);
}

template <class Platform>
[[gnu::always_inline]] inline void Pager<Platform>::forget_mapping(FrameNo number) {
    mapped_order_.remove(number);
    setup_.policy->on_unmapped(setup_.policy_object, number, setup_.frames[number].page);
}

template <class Platform> [[gnu::noinline]] void Pager<Platform>::stall(FaultingThread& thread) {
    thread.next_waiting = nullptr;
    *stalled_end_ = &thread;
    stalled_end_ = &thread.next_waiting;
}

/// Lets threads that found no frame try again, in fault order, until one finds none.
template <class Platform> [[gnu::noinline]] void Pager<Platform>::continue_stalled() {
    while (FaultingThread* const thread = stalled_) {
        FaultingThread* const next = thread->next_waiting;
        Region& region = *region_of(thread->page);
        const PageState state = region.map[thread->page - region.first];
        if (state.kind() == PageState::Kind::resident) {
            platform_.wake(*thread);
        } else if (state.kind() == PageState::Kind::arriving) {
            FaultRecord& record = faults_[state.index()];
            thread->next_waiting = nullptr;
            *record.threads_end = thread;
            record.threads_end = &thread->next_waiting;
        } else if (!begin_stalled(*thread, region, state.kind())) {
            return;
        }
        stalled_ = next;
        if (next == nullptr)
            stalled_end_ = &stalled_;
    }
}

/// The leaf page table that translates `page`; bound when first needed, 0 if there is no room.
template <class Platform> abi::Capability Pager<Platform>::table_for(Region& region, PageNo page) {
    abi::Capability& table = table_of(region, page);
    if (table)
        return table;
    const auto bound = platform_.bind_leaf_table(abi::Vpn{vpn(page)});
    if (bound)
        table = *bound;
    else
        table_refused_ = bound.error();
    return table;
}

/// Keeps what was mapped for an instruction that still has not got on, or lets it go.
template <class Platform> void Pager<Platform>::hold_pages(FaultingThread& thread, bool retried) {
    if (!retried) {
        while (thread.held_count != 0)
            --setup_.frames[thread.held[--thread.held_count]].pins;
        return;
    }
    const Region& region = *region_of(thread.page);
    const PageState state = region.map[thread.page - region.first];
    if (state.kind() != PageState::Kind::resident || thread.held_count == thread.held_limit)
        return;
    ++setup_.frames[state.index()].pins;
    thread.held[thread.held_count++] = state.index();
}

} // namespace libos
