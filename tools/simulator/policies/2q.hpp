// tools/simulator/policies/2q.hpp - gives up new pages in turn; who comes back soon is kept by LRU.
//
// 2Q (Johnson and Shasha, VLDB 1994, full version): `in` is a queue of new pages, a quarter of the
// frames; `proven` is in order of use and has those that came back while their name was remembered.
// A name that the fault on it pushes out still counts. The form for the libOS has a clock for
// `proven` (libos/vm/policies/2q.hpp).

#pragma once

#include <algorithm>

#include "libos/vm/frame_queues.hpp"
#include "libos/vm/ghost_list.hpp"

namespace simulator::policies {

class TwoQ {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return libos::GhostList::arena_bytes(std::max(1u, frames / 2)) +
               libos::FrameQueues<2>::arena_bytes(frames);
    }

    bool init(const libos::PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        in_frames_ = std::max(1u, setup.frames / 4);
        return gone_.init(arena, std::max(1u, setup.frames / 2)) &&
               queues_.init(arena, setup.frames);
    }

    template <class View>
    std::uint32_t select_victims(View&, const libos::Fault& fault,
                                 std::span<libos::FrameNo> out) noexcept {
        const bool from_in = queues_.size(in) > in_frames_ || queues_.size(proven) == 0;
        if (gone_.contains(fault.page))
            comes_back_ = fault.page;
        out[0] = queues_.front(from_in ? in : proven);
        return 1;
    }

    void on_mapped(libos::FrameNo frame, const libos::Fault& fault) noexcept {
        const bool known = gone_.remove(fault.page) || comes_back_ == fault.page;
        queues_.push_back(known ? proven : in, frame);
        comes_back_ = libos::no_page;
    }
    void on_unmapped(libos::FrameNo frame, libos::PageNo page) noexcept {
        if (queues_.queue_of(frame) == in)
            gone_.push(page);
        queues_.remove(frame);
    }
    void on_access(libos::FrameNo frame, bool) noexcept {
        if (queues_.queue_of(frame) == proven)
            queues_.move(frame, proven);
    }

private:
    enum Queue : std::uint8_t { in, proven };

    libos::FrameQueues<2> queues_; // front: oldest, or used longest ago
    libos::GhostList gone_;
    libos::PageNo comes_back_ = libos::no_page;
    std::uint32_t in_frames_ = 0;
};

} // namespace simulator::policies
