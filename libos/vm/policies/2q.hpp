// libos/vm/policies/2q.hpp - gives up new pages in turn; who comes back soon is kept by a clock.
//
// 2Q (Johnson and Shasha, VLDB 1994, full version) with reference bits: `in` holds new pages, a
// quarter of the frames, and takes no notice of their use. The names of those that have left it
// are remembered, half as many as there are frames, and who comes back in time goes to `proven`.
// That is an LRU list in the paper; here it is a clock, because no libOS hears of hits. A name that
// the fault on it pushes out is too old. A pinned page goes to the back of its queue.

#pragma once

#include <algorithm>

#include "libos/vm/frame_queues.hpp"
#include "libos/vm/ghost_list.hpp"

namespace libos::policies {

class TwoQ {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return GhostList::arena_bytes(std::max(1u, frames / 2)) +
               FrameQueues<2>::arena_bytes(frames);
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        in_frames_ = std::max(1u, setup.frames / 4);
        return gone_.init(arena, std::max(1u, setup.frames / 2)) &&
               queues_.init(arena, setup.frames);
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        const bool from_in = queues_.size(in) > in_frames_ || queues_.size(proven) == 0;
        const Queue from = from_in ? in : proven;
        // Once round clears every bit; the second time something is found unless all is pinned.
        for (std::uint32_t steps = 2 * queues_.size(from); steps != 0; --steps) {
            const FrameNo oldest = queues_.front(from);
            if (!view.pinned(oldest) && (from_in || !view.test_and_clear_a(oldest))) {
                out[0] = oldest;
                return 1;
            }
            queues_.move(oldest, from);
        }
        out[0] = queues_.first_unpinned(view);
        return out[0] == no_frame ? 0 : 1;
    }

    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        queues_.push_back(gone_.remove(fault.page) ? proven : in, frame);
    }
    void on_unmapped(FrameNo frame, PageNo page) noexcept {
        if (queues_.queue_of(frame) == in)
            gone_.push(page);
        queues_.remove(frame);
    }

private:
    enum Queue : std::uint8_t { in, proven };

    FrameQueues<2> queues_; // front: oldest
    GhostList gone_;
    std::uint32_t in_frames_ = 0;
};

} // namespace libos::policies
