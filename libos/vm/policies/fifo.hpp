// libos/vm/policies/fifo.hpp - gives up the page that has been resident longest.
//
// First in, first out, as in every textbook; the pages' use plays no part. Suffers Belady's
// anomaly: more frames may mean more faults.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The list begins with the page that has been resident longest.
class Fifo : public ListPolicy {
public:
    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        std::uint32_t count = 0;
        for (FrameNo frame = order_.front(); frame != no_frame && count < out.size();
             frame = order_.next(frame))
            if (!view.pinned(frame))
                out[count++] = frame;
        return count;
    }

    void on_mapped(FrameNo frame, const Fault&) noexcept { order_.push_back(frame); }
    void on_unmapped(FrameNo frame, PageNo) noexcept { order_.remove(frame); }
};

} // namespace libos::policies
