// tools/simulator/policies/lfu.hpp - gives up the page that was used least often since it came in.
//
// Least frequently used; among equals the one that was used longest ago. The count begins anew each
// time a page comes in, so it knows nothing of the past, and an old favourite stays for ever: the
// teaching case.

#pragma once

#include <set>
#include <tuple>
#include <vector>

#include "libos/vm/replacement_policy.hpp"

namespace simulator::policies {

class Lfu {
public:
    bool init(const libos::PolicySetup& setup) noexcept {
        uses_.resize(setup.frames);
        return setup.frames != 0;
    }

    template <class View>
    std::uint32_t select_victims(View&, const libos::Fault&,
                                 std::span<libos::FrameNo> out) noexcept {
        out[0] = std::get<2>(*order_.begin());
        return 1;
    }

    void on_mapped(libos::FrameNo frame, const libos::Fault&) noexcept {
        uses_[frame] = {1, ++now_};
        order_.insert(key(frame));
    }
    void on_unmapped(libos::FrameNo frame, libos::PageNo) noexcept { order_.erase(key(frame)); }
    void on_access(libos::FrameNo frame, bool) noexcept {
        order_.erase(key(frame));
        uses_[frame] = {uses_[frame].count + 1, ++now_};
        order_.insert(key(frame));
    }

private:
    struct Uses {
        std::uint64_t count, last;
    };
    using Key = std::tuple<std::uint64_t, std::uint64_t, libos::FrameNo>;
    Key key(libos::FrameNo frame) const { return {uses_[frame].count, uses_[frame].last, frame}; }

    std::vector<Uses> uses_; // by frame
    std::set<Key> order_;
    std::uint64_t now_ = 0;
};

} // namespace simulator::policies
