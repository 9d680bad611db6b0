// libos/vm/policies/mru.hpp - gives up the page that was mapped last: right for cyclic scans.
//
// Most recently used, in fault order: a handler sees faults and not hits, so "used last" means
// "faulted in last". On a loop over more pages than frames it keeps a fixed part resident, which is
// within a few faults of the optimum; where locality matters it is the worst choice there is.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The list ends with the page that was mapped last.
class Mru : public ListPolicy {
public:
    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        std::uint32_t count = 0;
        for (FrameNo frame = order_.back(); frame != no_frame && count < out.size();
             frame = order_.previous(frame))
            if (!view.pinned(frame))
                out[count++] = frame;
        return count;
    }

    void on_mapped(FrameNo frame, const Fault&) noexcept { order_.push_back(frame); }
    void on_unmapped(FrameNo frame, PageNo) noexcept { order_.remove(frame); }
};

} // namespace libos::policies
