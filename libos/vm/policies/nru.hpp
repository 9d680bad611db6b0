// libos/vm/policies/nru.hpp - gives up a page not used lately, and rather a clean one.
//
// Not recently used (Tanenbaum, Modern Operating Systems): four classes by reference and dirty bit,
// unused before used, then clean before dirty. Used means that the last harvest found the bit set,
// or that the page has come since; between harvests nothing is looked at. A harvest is due every
// quarter as many faults as there are frames: sooner, nearly all pages are unused and dirty ones
// stay for ever; later, nearly all are used. The textbook takes any page of the lowest class, here
// it is the one resident longest, so that a string without hits and writes is served as by FIFO.

#pragma once

#include <algorithm>

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The list begins with the page that has been resident longest; a note says that it is used.
class Nru : public NotedListPolicy<bool> {
public:
    std::uint32_t harvest_every() const noexcept {
        return std::max(1u, static_cast<std::uint32_t>(notes_.size()) / 4);
    }
    void on_harvest(std::span<const FrameNo> accessed) noexcept {
        for (bool& used : notes_)
            used = false;
        for (const FrameNo frame : accessed)
            notes_[frame] = true;
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        std::uint32_t lowest = 4;
        for (FrameNo frame = order_.front(); frame != no_frame && lowest != 0;
             frame = order_.next(frame)) {
            const std::uint32_t rank = (notes_[frame] ? 2 : 0) + (view.dirty(frame) ? 1 : 0);
            if (rank < lowest && !view.pinned(frame)) {
                lowest = rank;
                out[0] = frame;
            }
        }
        return lowest == 4 ? 0 : 1;
    }

    void on_mapped(FrameNo frame, const Fault&) noexcept {
        notes_[frame] = true;
        order_.push_back(frame);
    }
    void on_unmapped(FrameNo frame, PageNo) noexcept { order_.remove(frame); }
};

} // namespace libos::policies
