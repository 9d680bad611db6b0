// tools/simulator/policies/s3_fifo.hpp - gives up new pages soon unless they are used twice there.
//
// S3-FIFO (Yang and others, SOSP 2023, algorithm 1): `small` holds new pages, a tenth of the
// frames, rounded down, at least one; a page with two hits by the time it is the oldest goes to
// `main` and begins anew with none. `main` gives each page another round for each hit, of at most
// three. As many names of pages that `small` gave up are remembered as `main` may have pages. The
// form for the libOS has reference bits for the hits (libos/vm/policies/s3_fifo.hpp).

#pragma once

#include <algorithm>
#include <vector>

#include "libos/vm/frame_queues.hpp"
#include "libos/vm/ghost_list.hpp"

namespace simulator::policies {

class S3Fifo {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return libos::GhostList::arena_bytes(frames) + libos::FrameQueues<2>::arena_bytes(frames);
    }

    bool init(const libos::PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        small_frames_ = std::max(1u, setup.frames / 10);
        main_frames_ = setup.frames - small_frames_;
        hits_.resize(setup.frames);
        return gone_.init(arena, main_frames_) && queues_.init(arena, setup.frames);
    }

    template <class View>
    std::uint32_t select_victims(View&, const libos::Fault&,
                                 std::span<libos::FrameNo> out) noexcept {
        bool from_small = queues_.size(small) >= small_frames_;
        for (;;) {
            const libos::FrameNo oldest = queues_.front(from_small ? small : main);
            if (hits_[oldest] < (from_small ? 2 : 1)) {
                out[0] = oldest;
                return 1;
            }
            hits_[oldest] = from_small ? 0 : hits_[oldest] - 1;
            queues_.move(oldest, main);
            from_small =
                from_small && queues_.size(small) != 0 && queues_.size(main) <= main_frames_;
        }
    }

    void on_mapped(libos::FrameNo frame, const libos::Fault& fault) noexcept {
        hits_[frame] = 0;
        queues_.push_back(gone_.remove(fault.page) ? main : small, frame);
    }
    void on_unmapped(libos::FrameNo frame, libos::PageNo page) noexcept {
        if (queues_.queue_of(frame) == small)
            gone_.push(page);
        queues_.remove(frame);
    }
    void on_access(libos::FrameNo frame, bool) noexcept {
        hits_[frame] = std::min(hits_[frame] + 1, 3);
    }

private:
    enum Queue : std::uint8_t { small, main };

    libos::FrameQueues<2> queues_; // front: oldest
    libos::GhostList gone_;
    std::vector<int> hits_; // by frame
    std::uint32_t small_frames_ = 0, main_frames_ = 0;
};

} // namespace simulator::policies
