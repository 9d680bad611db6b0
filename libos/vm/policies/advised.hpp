// libos/vm/policies/advised.hpp - second chance, but first what the application says is used up.
//
// Without advice (`libos::advise`) it is `clock`. Pages of a region that is read `sequential`ly
// pass by: those that follow a fault are read along with it, and each is used up when the next one
// is used. What is used up, or what the application is `done_with`, gives way before anything else;
// what it `will_need` again is kept by the clock. Cao, Felten and Li (Implementation and
// Performance of Application-Controlled File Caching, OSDI 1994) let an application say the like by
// priorities; here it names no priority and no policy, only what it does.

#pragma once

#include <algorithm>

#include "libos/vm/frame_queues.hpp"

namespace libos::policies {

class Advised {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return FrameQueues<3>::arena_bytes(frames);
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        ahead_ = std::min(8u, setup.frames / 32);
        return queues_.init(arena, setup.frames);
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
        queues_.push_back(fault.hint == Hint::sequential ? passing : kept, frame);
    }
    void on_unmapped(FrameNo frame, PageNo) noexcept { queues_.remove(frame); }

private:
    enum Queue : std::uint8_t { used_up, passing, kept };

    // Who reads on has finished with the pages before. One that was read along and never used holds
    // nobody up: as many are looked at as are read together, and one that begins anew.
    template <class View> void retire(View& view) {
        FrameNo next = queues_.front(passing);
        for (std::uint32_t looked_at = 0; next != no_frame && looked_at <= ahead_ + 1;
             ++looked_at) {
            next = queues_.next(next);
            if (next == no_frame || !view.test_and_clear_a(next))
                continue;
            while (queues_.front(passing) != next)
                queues_.move(queues_.front(passing), used_up);
            looked_at = 0;
        }
    }

    FrameQueues<3> queues_; // front: oldest
    std::uint32_t ahead_ = 0;
};

} // namespace libos::policies
