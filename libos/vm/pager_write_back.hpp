// libos/vm/pager_write_back.hpp - the pager writes back everything dirty, at a flush or at the end.
//
// Included by pager.hpp. Runs in a thread with upcalls disabled; it waits for its requests, and
// for faults of other threads that complete meanwhile, by the exokernel's `wait`.

#pragma once

#include "libos/vm/pager.hpp"

namespace libos {

template <class Platform> std::uint64_t Pager<Platform>::write_back_all() {
    flush_failures_ = 0;
    const auto frames = static_cast<FrameNo>(setup_.frames.size());
    for (FrameNo next = 0; next < frames;) {
        while (writing_ == flush_limit) { // frames to give back have the places in the ring
            platform_.wait_for_completion();
            take_completions();
        }
        std::uint32_t count = 0;
        for (; next < frames && writing_ + count < flush_limit; ++next) {
            Frame& frame = setup_.frames[next];
            const bool holds_page =
                frame.state == FrameState::resident || frame.state == FrameState::announced_later;
            if (!holds_page || !view_.dirty(next))
                continue;
            // The bit goes before the write starts: what is stored later is dirty again.
            batch_.clear(abi::TranslationOperation::clear_dirty, frame.table, vpn(frame.page));
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
        wait_for_flush();
    }
    while (in_flight_ != 0) { // write-backs of victims
        platform_.wait_for_completion();
        take_completions();
    }
    return flush_failures_;
}

template <class Platform>
abi::Error Pager<Platform>::read_block(abi::Capability extent, std::uint64_t block,
                                       abi::Capability frame) {
    platform_.submit({extent, frame, static_cast<std::uint32_t>(block), abi::IoOperation::read,
                      next_cookie(outside_slot)});
    platform_.ring_doorbell();
    abi::IoCompletion completion;
    while (!platform_.take_completion(completion))
        platform_.wait_for_completion();
    platform_.arm(); // the next completion is a fault's, and must raise its upcall
    return static_cast<abi::Error>(completion.error);
}

template <class Platform> [[gnu::noinline]] void Pager<Platform>::take_completions() {
    handle_completions();
}

template <class Platform> void Pager<Platform>::wait_for_flush() {
    for (;;) {
        take_completions();
        if (flush_in_flight_ == 0)
            return;
        platform_.wait_for_completion();
    }
}

template <class Platform>
void Pager<Platform>::complete_flush_write(std::uint32_t slot,
                                           const abi::IoCompletion& completion) {
    Frame& frame = setup_.frames[flush_frames_[slot]];
    --frame.pins;
    --flush_in_flight_;
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::completion_seen>(0, completion.cookie, completion.error,
                                                             frame.pfn, vpn(frame.page));
    if (completion.error != 0)
        ++flush_failures_;
}

} // namespace libos
