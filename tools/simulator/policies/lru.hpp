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

template <bool last> class ByRecency {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return sizeof(libos::FrameLink) * frames;
    }

    bool init(const libos::PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        const auto links = libos::take_array<libos::FrameLink>(arena, setup.frames);
        order_.init(links);
        return !links.empty();
    }

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

private:
    libos::FrameList order_; // back: used last
};

using Lru = ByRecency<false>;
using Mru = ByRecency<true>;

} // namespace simulator::policies
