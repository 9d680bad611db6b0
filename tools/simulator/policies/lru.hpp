// tools/simulator/policies/lru.hpp - gives up the page that was used longest ago, or last.
//
// Least recently used, from every hit: a stack in the sense of Mattson and others (IBM Systems
// Journal, 1970), so more frames never mean more faults. `Mru` is its opposite end.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace simulator::policies {

using libos::Fault;
using libos::FrameNo;
using libos::PageNo;

// The list ends with the page that was used last.
template <bool last> class ByRecency : public libos::ListPolicy {
public:
    template <class View>
    std::uint32_t select_victims(View&, const Fault&, std::span<FrameNo> out) noexcept {
        out[0] = last ? order_.back() : order_.front();
        return out[0] == libos::no_frame ? 0 : 1;
    }

    void on_mapped(FrameNo frame, const Fault&) noexcept { order_.push_back(frame); }
    void on_unmapped(FrameNo frame, PageNo) noexcept { order_.remove(frame); }
    void on_access(FrameNo frame, bool) noexcept {
        order_.remove(frame);
        order_.push_back(frame);
    }
};

using Lru = ByRecency<false>;
using Mru = ByRecency<true>;

} // namespace simulator::policies
