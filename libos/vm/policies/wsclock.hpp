// libos/vm/policies/wsclock.hpp - gives up a clean page that has left the working set.
//
// WSClock (Carr and Hennessy, SOSP 1981): the hand notes when it finds a page used; one that was
// not used for longer than a window has left the working set, and goes if it is clean. Time is the
// number of the fault, the window a quarter as many faults as there are frames. The paper starts
// the write of an old dirty page and passes on; a policy does no I/O, so after a round without an
// old clean page the first old one goes, else the first clean one not used since the last round,
// else the first such. Where all were used, it is the first clean page, else the first.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The front of the list is under the hand.
class WsClock : public ListPolicy {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return ListPolicy::arena_bytes(frames) + sizeof(std::uint64_t) * frames;
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        if (!init_list(arena, setup.frames))
            return false;
        used_at_ = take_array<std::uint64_t>(arena, setup.frames);
        return !used_at_.empty();
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault& fault, std::span<FrameNo> out) noexcept {
        Rank best = none;
        // The second round finds every bit clear, and is needed if the first has found none.
        for (const Rank enough : {old_clean, clean}) {
            for (std::uint32_t steps = resident_; steps != 0 && best < enough; --steps) {
                const FrameNo hand = order_.front();
                if (const Rank rank = rank_of(view, hand, fault.sequence); rank > best) {
                    best = rank;
                    out[0] = hand;
                }
                order_.remove(hand);
                order_.push_back(hand);
            }
            if (best != none)
                return 1;
        }
        return 0;
    }

    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        used_at_[frame] = fault.sequence;
        order_.push_back(frame);
        ++resident_;
    }
    void on_unmapped(FrameNo frame, PageNo) noexcept {
        order_.remove(frame);
        --resident_;
    }

private:
    enum Rank : std::uint8_t { none, dirty, clean, old_dirty, old_clean };

    template <class View> Rank rank_of(View& view, FrameNo frame, std::uint64_t now) {
        if (view.pinned(frame))
            return none;
        if (view.test_and_clear_a(frame)) {
            used_at_[frame] = now;
            return none;
        }
        const bool old = now - used_at_[frame] > used_at_.size() / 4;
        if (view.dirty(frame))
            return old ? old_dirty : dirty;
        return old ? old_clean : clean;
    }

    std::span<std::uint64_t> used_at_; // by frame: the fault at which it was last found used
    std::uint32_t resident_ = 0;
};

} // namespace libos::policies
