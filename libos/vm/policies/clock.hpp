// libos/vm/policies/clock.hpp - second chance: passes over pages used since the hand last came by.
//
// Also called second-chance.
//
// Corbato's clock (A Paging Experiment with the Multics System, MIT, 1968) as a queue: the hand is
// at the front, and a page whose reference bit is set goes to the back with the bit cleared. A page
// is mapped with its bit set, because the faulting instruction is executed again; with every bit
// set this is plain FIFO.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The front of the list is under the hand.
class Clock : public ListPolicy {
public:
    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        // Once round clears every bit; the second time something is found unless all is pinned.
        std::uint32_t found = 0;
        for (std::uint32_t steps = 2 * resident_; steps != 0; --steps) {
            const FrameNo hand = order_.front();
            if (found != 0 && hand == out[0])
                break; // once round since the first
            order_.move_front_to_back();
            if (view.pinned(hand) || view.test_and_clear_a(hand))
                continue;
            out[found++] = hand;
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
        order_.remove(frame);
        --resident_;
    }

private:
    std::uint32_t resident_ = 0;
};

} // namespace libos::policies
