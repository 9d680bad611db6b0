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

// The front of the list is under the hand; a note is the fault at which the page was last used.
class WsClock : public NotedListPolicy<std::uint64_t> {
public:
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
                order_.move_front_to_back();
            }
            if (best != none)
                return 1;
        }
        return 0;
    }

    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        notes_[frame] = fault.sequence;
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
            notes_[frame] = now;
            return none;
        }
        const bool old = now - notes_[frame] > notes_.size() / 4;
        if (view.dirty(frame))
            return old ? old_dirty : dirty;
        return old ? old_clean : clean;
    }

    std::uint32_t resident_ = 0;
};

} // namespace libos::policies
