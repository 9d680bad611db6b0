// libos/vm/pager_write_back.hpp - the pager writes back everything dirty, at a flush or at the end.
//
// Included by pager.hpp. Runs in a thread with upcalls disabled. While it waits for its requests
// other threads run, fault and flush; only at the end of a run, and while saved pages are brought
// home, do they stand still, and the libOS waits by the exokernel's `wait`.

#pragma once

#include <algorithm>
#include <utility>

#include "libos/vm/pager.hpp"

namespace libos {

template <class Platform> std::uint64_t Pager<Platform>::write_back_all(Others others) {
    if (others == Others::run)
        take_turn(); // else the others will never end theirs
    std::uint64_t failed = 0;
    // A saved page may have come in while the last were waited for.
    for (std::uint64_t restored = ~std::uint64_t{0}; restored != figures_.restored;) {
        restored = figures_.restored;
        failed = flush(others);
    }
    if (others == Others::run)
        ++turns_over_;
    return failed;
}

template <class Platform> void Pager<Platform>::take_turn() {
    const std::uint64_t turn = turns_taken_++;
    while (turns_over_ != turn) {
        platform_.give_way();
        take_completions(); // else who takes them may never run
    }
}

template <class Platform> std::uint64_t Pager<Platform>::flush(Others others) {
    if (platform_.has_ring())
        wait_for_flush(others); // what is written early has places in the ring
    flush_failures_ = 0;
    if (!platform_.has_ring()) { // then nothing can be written any more
        for (FrameNo frame = 0; frame < setup_.frames.size(); ++frame)
            flush_failures_ +=
                setup_.frames[frame].state == FrameState::resident && view_.dirty(frame);
        return flush_failures_ + figures_.lost;
    }
    const auto frames = static_cast<FrameNo>(setup_.frames.size());
    for (FrameNo next = 0; next < frames;) {
        // What is given back or read ahead has the places in the ring.
        while (writing_ + along_ == flush_limit) {
            await(others);
            take_completions();
        }
        std::uint32_t count = 0;
        for (; next < frames && writing_ + along_ + count < flush_limit; ++next) {
            Frame& frame = setup_.frames[next];
            const bool holds_page =
                frame.state == FrameState::resident || frame.state == FrameState::announced_later;
            if (!holds_page || !view_.dirty(next))
                continue;
            // Until it is written; a frame that has been taken is as dirty as its slot says.
            frame.dirty |= (view_.translation_of(frame) & abi::translation::dirty) != 0;
            // The bit goes before the write starts: what is stored later is dirty again.
            if (frame.table)
                batch_.clear(abi::TranslationOperation::clear_dirty, frame.table, vpn(frame.page));
            frame.unknown = false;
            ++frame.pins;
            flush_frames_[count++] = next;
        }
        batch_.perform();
        for (std::uint32_t i = 0; i < count; ++i) {
            const Frame& frame = setup_.frames[flush_frames_[i]];
            const std::uint64_t cookie = next_cookie(fault_limit + i);
            ++figures_.writebacks;
            if constexpr (Platform::recording)
                platform_.template emit<abi::Event::write_back_submitted>(
                    0, vpn(frame.page), frame.pfn, cookie, frame.region->disk_block(frame.page));
            submit(abi::IoOperation::write, *frame.region, frame.page, frame.capability, cookie);
            ++flush_in_flight_;
        }
        if (unsubmitted_ != 0) {
            unsubmitted_ = 0;
            platform_.ring_doorbell();
        }
        wait_for_flush(others);
    }
    for (const std::uint64_t before = next_cookie(0);
         others == Others::run && platform_.has_ring() && is_writing(before); handle_repossession())
        await(others);
    if (others == Others::run && awaited_ == 0 &&
        std::ranges::all_of(saved_, [](const SavedPage& saved) { return saved.region == nullptr; }))
        return flush_failures_ + figures_.lost;
    while (in_flight_ != 0 || awaited_ != 0) { // write-backs of victims, frames being taken
        platform_.wait_for_completion();
        handle_repossession();
        if (!platform_.has_ring())
            return flush_failures_ + in_flight_ + figures_.lost;
    }
    for (std::uint32_t slot = 0; slot < abi::repossession_slots; ++slot)
        if (saved_[slot].region != nullptr && !bring_home(slot))
            ++flush_failures_;
    return flush_failures_ + figures_.lost;
}

/// Writes a page that nobody has touched since it was saved to its own block.
template <class Platform> bool Pager<Platform>::bring_home(std::uint32_t slot) {
    const auto [region, page] = saved_[slot];
    for (;;) {
        const FrameNo number = take_clean_frame();
        if (number == no_frame)
            return false;
        const abi::IoRequest place = platform_.place_of(slot);
        abi::Error error = move_block(abi::IoOperation::read, place.extent, place.block, number);
        if (error == abi::Error{})
            error =
                move_block(abi::IoOperation::write, region->extent, page - region->first, number);
        const bool lives =
            error == abi::Error{} || platform_.lives(setup_.frames[number].capability);
        if (!lives)
            lose_frame(number);
        else if (setup_.frames[number].state == FrameState::in_flight)
            free_frame(number);
        if (error == abi::Error{})
            break;
        if (lives)
            return false;
    }
    region->map[page - region->first] = PageState{};
    saved_[slot] = {};
    platform_.make_ready(slot);
    return true;
}

/// A frame that holds no page, or a clean one's, which makes room.
template <class Platform> FrameNo Pager<Platform>::take_clean_frame() {
    FrameNo number = free_.front();
    if (number != no_frame) {
        free_.remove(number);
        --free_count_;
    } else {
        for (number = mapped_order_.front(); number != no_frame;
             number = mapped_order_.next(number))
            if (!view_.pinned(number) && !view_.dirty(number))
                break;
        if (number == no_frame)
            return no_frame;
        const Frame& frame = setup_.frames[number];
        platform_.remove(frame.table, abi::Vpn{vpn(frame.page)});
        note_withdrawn(number);
        detach(number);
        state_of(frame) = PageState{};
    }
    setup_.frames[number].state = FrameState::in_flight;
    return number;
}

template <class Platform>
abi::Error Pager<Platform>::move_block(abi::IoOperation operation, abi::Capability extent,
                                       std::uint64_t block, FrameNo number) {
    flush_frames_[0] = number;
    ++setup_.frames[number].pins;
    platform_.submit({extent, setup_.frames[number].capability, static_cast<std::uint32_t>(block),
                      operation, next_cookie(fault_limit)});
    ++in_flight_;
    ++flush_in_flight_;
    platform_.ring_doorbell();
    wait_for_flush(Others::stand_still);
    return moved_;
}

template <class Platform>
abi::Error Pager<Platform>::read_block(abi::Capability extent, std::uint64_t block,
                                       abi::Capability frame) {
    take_turn();
    outside_.reset();
    platform_.submit({extent, frame, static_cast<std::uint32_t>(block), abi::IoOperation::read,
                      next_cookie(outside_slot)});
    ++in_flight_;
    platform_.ring_doorbell();
    for (take_completions(); !outside_; take_completions())
        platform_.give_way();
    ++turns_over_;
    return *outside_;
}

/// Whether a victim's write-back is under way that was submitted before the request `before`.
template <class Platform> bool Pager<Platform>::is_writing(std::uint64_t before) const {
    return std::ranges::any_of(faults_, [&](const FaultRecord& record) {
        return record.cookie < before &&
               (record.state == FaultState::needs_frame_clean ||
                record.state == FaultState::giving_back || record.state == FaultState::making_room);
    });
}

template <class Platform> void Pager<Platform>::await(Others others) {
    others == Others::run ? platform_.give_way() : platform_.wait_for_completion();
}

template <class Platform> [[gnu::noinline]] void Pager<Platform>::take_completions() {
    handle_completions();
}

template <class Platform> void Pager<Platform>::wait_for_flush(Others others) {
    for (;;) {
        handle_repossession(); // takes completions first
        if (flush_in_flight_ == 0)
            return;
        if (!platform_.has_ring()) { // nothing will ever complete
            flush_failures_ += flush_in_flight_;
            in_flight_ = flush_in_flight_ = 0;
            moved_ = abi::Error::not_present;
            return;
        }
        await(others);
    }
}

template <class Platform>
void Pager<Platform>::complete_flush_write(std::uint32_t slot,
                                           const abi::IoCompletion& completion) {
    const FrameNo number = std::exchange(flush_frames_[slot], no_frame);
    Frame& frame = setup_.frames[number];
    --frame.pins;
    frame.writing = false;
    --flush_in_flight_;
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::completion_seen>(0, completion.cookie, completion.error,
                                                             frame.pfn, vpn(frame.page));
    moved_ = static_cast<abi::Error>(completion.error);
    if (completion.error == 0)
        frame.dirty = frame.unknown; // what was stored since is in no translation any more
    else if (moved_ != abi::Error::revoked || platform_.lives(frame.capability))
        ++flush_failures_;
    else if (frame.state == FrameState::resident || frame.state == FrameState::announced_later)
        expect_slot(number); // it says what becomes of the page
}

} // namespace libos
