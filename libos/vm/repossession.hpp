// libos/vm/repossession.hpp - the pager learns what was taken from it by force, and mends its
// books.
//
// Included by pager.hpp. Steps 9 and 10 of a revocation. The slots of the repossession vector are
// read in order, up to one that is still being saved; completions before them, because what was
// complete before a frame was taken counts as complete. A page whose contents differ from its block
// is read from where they were saved when it is next touched, and then is dirty like any other; the
// slot keeps them until then. What was lost is found out by whoever touches it.

#pragma once

#include "libos/vm/pager.hpp"

namespace libos {

template <class Platform> void Pager<Platform>::handle_repossession() {
    if (!platform_.has_ring())
        return; // the run ends
    take_completions();
    read_slots();
    go_on();
}

/// Mends what the slots say. One that has to wait is looked at again after the next completion.
template <class Platform> void Pager<Platform>::read_slots() {
    slots_wait_ = 0;
    for (; next_slot_ != platform_.slots_used(); ++next_slot_) {
        const auto number = static_cast<std::uint32_t>(next_slot_ % abi::repossession_slots);
        const abi::Repossession slot = platform_.slot(number);
        if (slot.state == abi::RepossessionState::saving)
            return; // an upcall says when it is
        if (!mend(number, slot)) {
            slots_wait_ = 1;
            return;
        }
    }
    find_untold();
}

/// False: a request for the frame has not been refused yet, and its refusal comes first.
template <class Platform>
bool Pager<Platform>::mend(std::uint32_t number, const abi::Repossession& slot) {
    const FrameNo frame = slot.kind == abi::Kind::frame ? frame_named(slot.binding) : no_frame;
    if (frame != no_frame)
        return mend_frame(frame, number, slot);
    if (slot.kind == abi::Kind::page_table)
        forget_table(slot.binding);
    platform_.make_ready(number); // what else it may be is no business of the pager
    return true;
}

template <class Platform>
bool Pager<Platform>::mend_frame(FrameNo number, std::uint32_t slot_number,
                                 const abi::Repossession& slot) {
    Frame& frame = setup_.frames[number];
    const bool holds_page = frame.state == FrameState::resident ||
                            frame.state == FrameState::announced_later ||
                            frame.state == FrameState::taken;
    PageState outcome;
    if (holds_page) {
        outcome = outcome_of(frame, slot_number, slot);
        if (frame.state == FrameState::taken) {
            --awaited_;
            frame.state = FrameState::gone;
            tell_waiting(number, outcome);
        } else {
            withdraw(number);
            lose_frame(number);
            state_of(frame) = outcome;
        }
    } else if (frame.state == FrameState::in_flight) {
        if (is_being_written(number))
            return false;
        lose_frame(number); // there is nothing in it that is not on the disk
    } else if (frame.state == FrameState::free) {
        free_.remove(number);
        --free_count_;
        lose_frame(number);
    } else if (slot.state == abi::RepossessionState::saved && frame.region != nullptr &&
               state_of(frame).kind() == PageState::Kind::lost) {
        // It was taken for lost, because others had been taken untold.
        --figures_.lost;
        outcome = state_of(frame) = PageState::saved(slot_number);
    }
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::repossession_seen>(slot_number, slot.binding.value,
                                                               frame.pfn, slot.state,
                                                               holds_page ? vpn(frame.page) : 0);
    if (outcome.kind() == PageState::Kind::saved)
        saved_[slot_number] = {frame.region, frame.page};
    else
        platform_.make_ready(slot_number);
    return true;
}

/// Where the contents of the page in a frame are that was taken.
template <class Platform>
PageState Pager<Platform>::outcome_of(const Frame& frame, std::uint32_t slot_number,
                                      const abi::Repossession& slot) {
    if (!frame.dirty && (slot.bits & abi::translation::dirty) == 0)
        return {}; // in its block
    if (slot.state == abi::RepossessionState::saved)
        return PageState::saved(slot_number);
    ++figures_.lost;
    return PageState::lost();
}

/// The slot of a frame has come that was taken instead of being written.
template <class Platform> void Pager<Platform>::tell_waiting(FrameNo number, PageState outcome) {
    PageState& state = state_of(setup_.frames[number]);
    if (state == PageState::taken(number)) {
        state = outcome;
        return;
    }
    if (state.kind() != PageState::Kind::arriving || !faults_[state.index()].block_dirty)
        return;
    const std::uint32_t waiting = state.index();
    FaultRecord& record = faults_[waiting];
    record.block_dirty = false;
    if (outcome.kind() == PageState::Kind::saved) {
        record.source = Source::saved;
        record.slot = outcome.index();
    } else if (outcome.kind() == PageState::Kind::lost) {
        record.source = Source::lost;
    }
    if (record.state == FaultState::needs_block_clean)
        start_read_later(waiting);
}

/// The page in a frame is not mapped any more.
template <class Platform> void Pager<Platform>::withdraw(FrameNo number) {
    note_withdrawn(number);
    if (setup_.frames[number].state == FrameState::resident) {
        forget_mapping(number);
        return;
    }
    for (FaultRecord& record : faults_)
        if (record.state == FaultState::mapped && record.frame == number)
            record.frame = no_frame; // it was never announced and need not be
}

/// The frame is gone for ever. What was pinned in it stays counted: threads still let go of it.
template <class Platform> void Pager<Platform>::lose_frame(FrameNo number) {
    Frame& frame = setup_.frames[number];
    if (frame.state == FrameState::gone)
        return;
    frame.state = FrameState::gone;
    --pool_;
    ++figures_.taken;
    platform_.pool_is(pool_);
}

/// Something was taken for which there was no slot: each binding is tried.
template <class Platform> void Pager<Platform>::find_untold() {
    const std::uint64_t untold = platform_.untold();
    if (untold == untold_)
        return;
    untold_ = untold;
    for (std::uint32_t i = 0; i < region_count_; ++i)
        for (const abi::Capability table : regions_[i].tables)
            if (table && !platform_.lives(table))
                forget_table(table);
    for (FrameNo number = 0; number < setup_.frames.size(); ++number) {
        Frame& frame = setup_.frames[number];
        const FrameState state = frame.state;
        if (state == FrameState::gone || state == FrameState::in_flight ||
            platform_.lives(frame.capability))
            continue; // of what is in flight the request is refused
        if (state == FrameState::free) {
            free_.remove(number);
            --free_count_;
            lose_frame(number);
            continue;
        }
        // Nobody says whether it was dirty.
        PageState outcome;
        if (frame.dirty || may_be_dirty(frame)) {
            ++figures_.lost;
            outcome = PageState::lost();
        }
        if (state == FrameState::taken) {
            --awaited_;
            frame.state = FrameState::gone;
            tell_waiting(number, outcome);
        } else {
            withdraw(number);
            lose_frame(number);
            state_of(frame) = outcome;
        }
    }
}

/// A leaf page table is gone, and with it all its translations and their dirty bits.
template <class Platform> void Pager<Platform>::forget_table(abi::Capability table) {
    for (std::uint32_t i = 0; i < region_count_; ++i)
        for (abi::Capability& known : regions_[i].tables)
            if (known == table)
                known = {};
    for (Frame& frame : setup_.frames) {
        if (frame.table != table)
            continue;
        frame.table = {};
        if (frame.state == FrameState::resident || frame.state == FrameState::announced_later)
            frame.dirty |= frame.unknown = may_be_dirty(frame);
    }
}

/// The frame of the pool with this name. They are taken from the last on.
template <class Platform> FrameNo Pager<Platform>::frame_named(abi::Capability capability) {
    for (auto number = static_cast<FrameNo>(setup_.frames.size()); number-- != 0;)
        if (setup_.frames[number].capability == capability)
            return number;
    return no_frame;
}

/// Whether a write-back of the page in the frame is under way.
template <class Platform> bool Pager<Platform>::is_being_written(FrameNo number) const {
    for (const FaultRecord& record : faults_)
        if (record.frame == number &&
            (record.state == FaultState::needs_frame_clean ||
             record.state == FaultState::giving_back || record.state == FaultState::making_room))
            return true;
    return false;
}

} // namespace libos
