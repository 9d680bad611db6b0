// libos/vm/policies/aging.hpp - gives up the page used least often, and longest ago.
//
// Aging (Tanenbaum, Modern Operating Systems): eight bits a page, moved right at each harvest,
// every 16 faults, with the reference bit coming in at the left; the smallest number gives way. The
// textbook's clock interrupt is a number of faults here, because a policy has no other clock.
// Between harvests nothing is looked at, so a page that has just come has 0, whatever its bit is.
// Among equals the one resident longest goes: where no bit is ever set, that is FIFO.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The list begins with the page that has been resident longest; a note is its age.
class Aging : public NotedListPolicy<std::uint8_t> {
public:
    static std::uint32_t harvest_every() noexcept { return 16; }
    void on_harvest(std::span<const FrameNo> accessed) noexcept {
        for (std::uint8_t& age : notes_)
            age = static_cast<std::uint8_t>(age >> 1);
        for (const FrameNo frame : accessed)
            notes_[frame] |= 0x80;
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        std::uint32_t least = 0x100;
        for (FrameNo frame = order_.front(); frame != no_frame && least != 0;
             frame = order_.next(frame))
            if (notes_[frame] < least && !view.pinned(frame)) {
                least = notes_[frame];
                out[0] = frame;
            }
        return least == 0x100 ? 0 : 1;
    }

    void on_mapped(FrameNo frame, const Fault&) noexcept {
        notes_[frame] = 0;
        order_.push_back(frame);
    }
    void on_unmapped(FrameNo frame, PageNo) noexcept { order_.remove(frame); }
};

} // namespace libos::policies
