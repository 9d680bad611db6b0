// libos/vm/policies/s3_fifo.hpp - gives up new pages soon unless they are used in a short queue.
//
// S3-FIFO (Yang and others, SOSP 2023, algorithm 1), with reference bits for its counters: `small`
// holds new pages, a tenth of the frames; one that was used by the time it is the oldest goes to
// `main`, which is a clock. The names of those that were not used are remembered, as many as `main`
// has pages, and who comes back in time goes to `main` at once. The paper counts hits up to three
// and moves a page with two; a bit knows one, and is set already by the fault itself, because the
// faulting instruction is executed again (`grace` takes that back). A pinned page goes to the back
// of its queue.

#pragma once

#include <algorithm>

#include "libos/vm/frame_queues.hpp"
#include "libos/vm/ghost_list.hpp"

namespace libos::policies {

class S3Fifo {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return GhostList::arena_bytes(main_frames(frames)) + FrameQueues<2>::arena_bytes(frames);
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        frames_ = setup.frames;
        return gone_.init(arena, main_frames(frames_)) && queues_.init(arena, frames_);
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        bool from_small = queues_.size(small) >= small_frames(frames_) || queues_.size(main) == 0;
        // Every page goes once from queue to queue and once round the second.
        for (std::uint32_t steps = 3 * queues_.size(); steps != 0; --steps) {
            const Queue from = from_small ? small : main;
            const FrameNo oldest = queues_.front(from);
            if (view.pinned(oldest)) {
                queues_.move(oldest, from);
            } else if (view.test_and_clear_a(oldest)) {
                queues_.move(oldest, main);
                from_small = from_small && queues_.size(small) != 0 &&
                             queues_.size(main) <= main_frames(frames_);
            } else {
                out[0] = oldest;
                return 1;
            }
        }
        out[0] = queues_.first_unpinned(view);
        return out[0] == no_frame ? 0 : 1;
    }

    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        queues_.push_back(gone_.remove(fault.page) ? main : small, frame);
    }
    void on_unmapped(FrameNo frame, PageNo page) noexcept {
        if (queues_.queue_of(frame) == small)
            gone_.push(page);
        queues_.remove(frame);
    }

private:
    enum Queue : std::uint8_t { small, main };
    static constexpr std::uint32_t small_frames(std::uint32_t frames) {
        return std::max(1u, frames / 10);
    }
    static constexpr std::uint32_t main_frames(std::uint32_t frames) {
        return frames - std::min(frames, small_frames(frames));
    }

    FrameQueues<2> queues_; // front: oldest
    GhostList gone_;
    std::uint32_t frames_ = 0;
};

} // namespace libos::policies
