// libos/vm/policies/advised.hpp - second chance, but first what the application says is used up.
//
// Without advice (`libos::advise`) it is `clock`. Pages of a region that is read `sequential`ly
// pass by: those that follow a fault are read along with it, and all of the region that came before
// are used up when one is used. What is used up, or what the application is `done_with`, gives way
// before anything else; what it `will_need` again is kept by the clock. Cao, Felten and Li
// (Implementation and Performance of Application-Controlled File Caching, OSDI 1994) let an
// application say the like by priorities; here it names no priority and no policy, only what it
// does.

#pragma once

#include <algorithm>

#include "libos/vm/frame_queues.hpp"

namespace libos::policies {

class Advised {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return sizeof(std::uint32_t) * frames + FrameQueues<3>::arena_bytes(frames);
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        ahead_ = std::min(8u, setup.frames / 32);
        regions_ = take_array<std::uint32_t>(arena, setup.frames);
        return !regions_.empty() && queues_.init(arena, setup.frames);
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        retire(view);
        out[0] = queues_.front(used_up);
        while (out[0] != no_frame && view.pinned(out[0]))
            out[0] = queues_.next(out[0]);
        // Once round clears every bit; the second time something is found unless all is pinned.
        for (std::uint32_t steps = 2 * queues_.size(kept); out[0] == no_frame && steps != 0;
             --steps) {
            const FrameNo hand = queues_.front(kept);
            if (!view.pinned(hand) && !view.test_and_clear_a(hand))
                out[0] = hand;
            else
                queues_.move(hand, kept);
        }
        if (out[0] == no_frame)
            out[0] = queues_.first_unpinned(view);
        return out[0] == no_frame ? 0 : 1;
    }

    std::uint32_t prefetch(const Fault& fault, std::span<PageNo> out) const noexcept {
        if (fault.hint != Hint::sequential)
            return 0;
        for (std::uint32_t i = 0; i != ahead_; ++i)
            out[i] = fault.page + i + 1;
        return ahead_;
    }

    void on_hint(FrameNo frame, Hint hint) noexcept {
        queues_.move(frame, hint == Hint::done_with ? used_up : kept);
    }

    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        regions_[frame] = fault.region;
        queues_.push_back(fault.hint == Hint::sequential ? passing : kept, frame);
    }
    void on_unmapped(FrameNo frame, PageNo) noexcept { queues_.remove(frame); }

private:
    enum Queue : std::uint8_t { used_up, passing, kept };

    // Who reads on has finished with the pages of that region that came before; one that was read
    // along and never used holds up nobody.
    template <class View> void retire(View& view) {
        for (FrameNo used = queues_.front(passing); used != no_frame; used = queues_.next(used)) {
            if (used == queues_.front(passing) || !view.test_and_clear_a(used))
                continue;
            for (FrameNo frame = queues_.front(passing); frame != used;) {
                const FrameNo next = queues_.next(frame);
                if (regions_[frame] == regions_[used])
                    queues_.move(frame, used_up);
                frame = next;
            }
        }
    }

    std::span<std::uint32_t> regions_; // by frame: of its page
    FrameQueues<3> queues_;            // front: oldest
    std::uint32_t ahead_ = 0;
};

} // namespace libos::policies
