// libos/vm/policies/sieve.hpp - like the clock, but what is kept stays where it is in the queue.
//
// SIEVE (Zhang and others, NSDI 2024). The hand goes from the oldest page to the newest and round
// again, and takes the first whose reference bit is clear; the bits that it passes are cleared. New
// pages come in behind the newest, wherever the hand is. The paper's bit is set by hits only; here
// a page is mapped with its bit set, because the faulting instruction is executed again.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The list begins with the oldest page.
class Sieve : public ListPolicy {
public:
    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        // Once round clears every bit; the second time something is found unless all is pinned.
        std::uint32_t found = 0;
        for (std::uint32_t steps = 2 * resident_; steps != 0; --steps) {
            const FrameNo looked_at = hand_ == no_frame ? order_.front() : hand_;
            if (found != 0 && looked_at == out[0])
                break; // once round since the first
            hand_ = order_.next(looked_at);
            if (view.pinned(looked_at) || view.test_and_clear_a(looked_at))
                continue;
            out[found++] = looked_at;
            if (found == out.size())
                break;
        }
        return found;
    }

    void on_mapped(FrameNo frame, const Fault&) noexcept {
        order_.push_back(frame);
        ++resident_;
    }
    void on_unmapped(FrameNo frame, PageNo) noexcept {
        if (hand_ == frame)
            hand_ = order_.next(frame);
        order_.remove(frame);
        --resident_;
    }

private:
    FrameNo hand_ = no_frame; // then it begins with the oldest
    std::uint32_t resident_ = 0;
};

} // namespace libos::policies
