// libos/vm/pager_rules.hpp - the pager at a fault of which something is chosen: paging_rules.hpp
// has the rules and their order.
//
// Included by pager.hpp. What is written while it stays resident has a place among those of a
// flush, is pinned until it is written, and no thread waits for it.

#pragma once

#include <utility>

#include "libos/vm/pager.hpp"

namespace libos {

/// What comes before a victim is chosen, once for each fault.
template <class Platform> void Pager<Platform>::prepare(const Fault& fault) {
    if (prepared_ == fault.sequence)
        return; // it has waited for a frame
    prepared_ = fault.sequence;
    if (setup_.rules.grace && last_taken_ != no_frame)
        if (const Frame& last = setup_.frames[last_taken_];
            last.state == FrameState::resident && last.page == last_page_)
            view_.take_accessed(last_taken_);
    if (setup_.policy->harvest_every != nullptr)
        if (const std::uint32_t every = setup_.policy->harvest_every(setup_.policy_object);
            every != 0 && fault.sequence % every == 0)
            harvest();
    if (setup_.rules.early != 0 && fault.sequence % early_interval == 0) {
        keep_clean(
            setup_.rules.early, setup_.frames.size(), free_count_, mapped_order_,
            [&](FrameNo number) { return view_.dirty(number); },
            [&](FrameNo number) { return write_early(number); });
        batch_.perform(); // what is being written is clean to the policy
    }
}

template <class Platform> void Pager<Platform>::harvest() {
    std::uint32_t count = 0;
    for (FrameNo number = 0; number < setup_.frames.size(); ++number) {
        if (setup_.frames[number].state != FrameState::resident || !view_.take_accessed(number))
            continue;
        setup_.harvested[count++] = number;
        if constexpr (Platform::recording)
            note_told(this, number, abi::Told::harvested);
    }
    setup_.policy->on_harvest(setup_.policy_object, setup_.harvested.first(count));
}

/// Starts to write a page that stays; false if it is clean, or cannot be written now.
template <class Platform> bool Pager<Platform>::write_early(FrameNo number) {
    if (view_.pinned(number) || !view_.dirty(number) || turns_taken_ != turns_over_ ||
        !has_flush_place())
        return false;
    std::uint32_t place = 0;
    while (flush_frames_[place] != no_frame)
        ++place;
    Frame& frame = setup_.frames[number];
    frame.dirty = frame.writing = true;
    frame.unknown = false;
    // The bit goes before the write starts, which is at the doorbell: what is stored later is
    // dirty.
    if (frame.table)
        batch_.clear(abi::TranslationOperation::clear_dirty, frame.table, vpn(frame.page));
    ++frame.pins;
    flush_frames_[place] = number;
    ++flush_in_flight_;
    ++figures_.writebacks;
    ++figures_.early_writes;
    const std::uint64_t cookie = next_cookie(fault_limit + place);
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::write_back_submitted>(
            0, vpn(frame.page), frame.pfn, cookie, frame.region->disk_block(frame.page));
    submit(abi::IoOperation::write, *frame.region, frame.page, frame.capability, cookie);
    return true;
}

/// Step 4b of several pages: those that are written with a dirty victim.
template <class Platform> void Pager<Platform>::write_cluster(FrameNo victim) {
    if (setup_.rules.cluster == 1 || !view_.dirty(victim))
        return;
    FrameNo room[cluster_limit];
    const std::span out{room, setup_.rules.cluster - 1};
    const Region& region = *setup_.frames[victim].region;
    std::uint32_t count = 0;
    if (setup_.policy->cluster != nullptr)
        count = ask_for_cluster(victim, out);
    else
        count = cluster_of(setup_.frames[victim].page, out, [&](PageNo page) {
            if (page - region.first >= region.pages)
                return no_frame;
            const PageState state = region.map[page - region.first];
            const FrameNo frame = state.index();
            return state.kind() == PageState::Kind::resident && !view_.pinned(frame) &&
                           view_.dirty(frame)
                       ? frame
                       : no_frame;
        });
    for (const FrameNo frame : out.first(count < out.size() ? count : out.size()))
        if (frame != victim && refusal_of(frame) == 0)
            write_early(frame);
}

/// The further victims of a batch: their removals are performed with the first one's.
template <class Platform>
void Pager<Platform>::choose_extras(FrameNo victim, std::uint64_t sequence, std::uint64_t offered) {
    extra_count_ = 0;
    const std::uint64_t count = offered < setup_.rules.batch ? offered : setup_.rules.batch;
    if (count < 2)
        return;
    batch_.make_room(batch_limit);
    setup_.frames[victim].state = FrameState::in_flight;
    bool behind = false; // what comes before the victim has been refused already
    for (std::uint32_t i = 0; i < count; ++i) {
        const FrameNo number = proposals_[i];
        if (!std::exchange(behind, behind || number == victim))
            continue;
        if (refusal_of(number) != 0) {
            ++figures_.refused;
            if constexpr (Platform::recording)
                if (number < setup_.frames.size())
                    note_told(this, number, abi::Told::pinned);
            continue;
        }
        Frame& frame = setup_.frames[number];
        std::uint32_t record = no_fault;
        if (view_.dirty(number)) {
            record = has_flush_place() ? take_further_record() : no_fault;
            if (record == no_fault) {
                note_let_be(sequence, number);
                continue;
            }
            ++writing_;
        }
        if constexpr (Platform::recording)
            platform_.template emit<abi::Event::victim_chosen>(
                sequence, vpn(frame.page), frame.pfn, free_count_, offered,
                packed_name(setup_.policy->name), 0, record != no_fault);
        frame.state = FrameState::in_flight;
        extras_[extra_count_++] = {number, batch_.remove_later(frame.table, vpn(frame.page)),
                                   record};
    }
}

template <class Platform> void Pager<Platform>::settle_extras() {
    for (const Extra& extra : std::span{extras_}.first(extra_count_)) {
        const std::uint64_t bits = batch_.bits(extra.removal);
        if (extra.record == no_fault) {
            detach(extra.frame);
            state_of(setup_.frames[extra.frame]) = PageState{};
            free_frame(extra.frame);
            continue;
        }
        FaultRecord& record = faults_[extra.record];
        record.state = FaultState::making_room;
        record.frame = extra.frame;
        record.sequence = 0;
        record.reader = no_fault;
        record.victim_region = nullptr;
        record.block_dirty = false;
        record.threads = nullptr;
        settle(extra.frame, bits, record);
        if (record.victim_region != nullptr)
            continue;
        record.state = FaultState::unused; // it was not dirty after all
        record.next_in_order = std::exchange(faults_[unused_fault_].next_in_order, extra.record);
        --writing_;
        free_frame(extra.frame);
    }
}

/// A record behind the first unused one, which the fault itself is about to take.
template <class Platform> std::uint32_t Pager<Platform>::take_further_record() {
    const std::uint32_t index = faults_[unused_fault_].next_in_order;
    if (index != no_fault)
        faults_[unused_fault_].next_in_order = faults_[index].next_in_order;
    return index;
}

/// Brings in what the policy would have read along with the page of `leader`.
template <class Platform>
void Pager<Platform>::read_along(std::uint32_t leader, const Fault& fault) {
    PageNo pages[prefetch_limit];
    const std::uint32_t count = setup_.policy->prefetch(setup_.policy_object, fault, pages);
    FaultRecord& first = faults_[leader];
    for (const PageNo page :
         std::span{pages}.first(count < prefetch_limit ? count : prefetch_limit)) {
        const std::uint32_t index = bring_in(*first.region, page, first.sequence);
        if (index == no_fault)
            continue;
        if (first.leader == no_fault) {
            first.leader = leader;
            first.awaits = 1;
            if (first.state == FaultState::reading)
                first.state = FaultState::reading_along;
        }
        faults_[index].leader = leader;
        ++first.awaits;
    }
}

/// Brings in a page that no thread waits for. Its record; no_fault if it is there, or cannot be
/// had.
template <class Platform>
std::uint32_t Pager<Platform>::bring_in(Region& region, PageNo page, std::uint64_t sequence) {
    if (page - region.first >= region.blocks)
        return no_fault;
    const PageState::Kind kind = region.map[page - region.first].kind();
    if ((kind != PageState::Kind::absent && kind != PageState::Kind::leaving) ||
        unused_fault_ == no_fault || !has_flush_place() || !table_for(region, page))
        return no_fault;
    FaultRecord& record = faults_[unused_fault_];
    record.page = page;
    record.region = &region;
    record.why = Why::prefetch;
    record.sequence = sequence;
    record.reader = no_fault;
    record.victim_region = nullptr;
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::read_along>(sequence, vpn(page));
    const FrameNo number = take_frame<true>(fault_of(region, page, Why::prefetch, policy_sequence_),
                                            record, vpn(page));
    if (number == no_frame)
        return no_fault;
    ++figures_.prefetched;
    ++along_;
    record.threads = nullptr;
    record.threads_end = &record.threads;
    const std::uint32_t index = enter(record, region, page, kind, number);
    record.leader = index; // it awaits itself alone
    record.awaits = 1;
    if (record.state == FaultState::reading)
        record.state = FaultState::reading_along;
    return index;
}

/// A read has arrived that is one of several: the leader is mapped when all have.
template <class Platform>
void Pager<Platform>::arrive_together(std::uint32_t number, std::uint32_t* arrived,
                                      std::uint32_t& count) {
    FaultRecord& record = faults_[number];
    const std::uint32_t leader = std::exchange(record.leader, no_fault);
    along_ -= record.why == Why::prefetch ? 1 : 0;
    if (number != leader)
        arrived[count++] = number;
    if (--faults_[leader].awaits == 0 && !taken_while_waiting(leader))
        arrived[count++] = leader;
}

/// All have arrived that the leader waits for. True: its frame has been taken meanwhile.
template <class Platform> bool Pager<Platform>::taken_while_waiting(std::uint32_t leader) {
    if (setup_.frames[faults_[leader].frame].state != FrameState::gone)
        return false;
    abandon(leader, abi::Error::revoked);
    return true;
}

/// A read that is one of several does not arrive: the others go on without it.
template <class Platform>
[[gnu::noinline]] void Pager<Platform>::leave_group(std::uint32_t number) {
    FaultRecord& record = faults_[number];
    const std::uint32_t leader = std::exchange(record.leader, no_fault);
    if (leader == no_fault)
        return;
    along_ -= record.why == Why::prefetch ? 1 : 0;
    if (number == leader) {
        for (std::uint32_t i = 0; i < fault_limit; ++i)
            if (faults_[i].leader == number) {
                faults_[i].leader = i;
                faults_[i].awaits = 1;
            }
    } else if (--faults_[leader].awaits == 0 && !taken_while_waiting(leader)) {
        map_page(leader);
    }
}

template <class Platform>
void Pager<Platform>::advise(Region& region, PageNo first, std::uint64_t count, Hint hint) {
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::hint_given>(vpn(first), count, hint, region.number);
    if (hint == Hint::none || hint == Hint::random || hint == Hint::sequential) {
        region.hint = hint;
        return;
    }
    for (PageNo page = first; page != first + count; ++page) {
        const PageState state = region.map[page - region.first];
        if (state.kind() != PageState::Kind::resident) {
            if (hint == Hint::will_need)
                bring_in(region, page, 0);
        } else if (setup_.policy->on_hint != nullptr &&
                   setup_.frames[state.index()].state == FrameState::resident) {
            setup_.policy->on_hint(setup_.policy_object, state.index(), hint);
        }
    }
    batch_.perform(); // bits that the policy cleared
    if (std::exchange(unsubmitted_, 0) != 0)
        platform_.ring_doorbell();
}

} // namespace libos
