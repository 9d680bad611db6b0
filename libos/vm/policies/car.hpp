// libos/vm/policies/car.hpp - balances a clock of new pages against one of proven pages.
//
// CAR (Bansal and Modha, FAST 2004, figure 2). `once` holds the pages not seen used since they
// came, `often` the others; each has the names of those that it gave up. A fault on such a name
// moves the target size of `once` towards the clock that would have kept the page. The paper's
// target is a real number, here 32 bits follow the point. Its bit is set by hits only; here a page
// is mapped with its bit set, because the faulting instruction is executed again. A pinned page
// goes to the back of its clock.

#pragma once

#include <algorithm>

#include "libos/vm/frame_queues.hpp"
#include "libos/vm/ghost_list.hpp"

namespace libos::policies {

class Car {
public:
    enum Which : std::uint8_t { once, often };

    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return 2 * GhostList::arena_bytes(frames + 1) + FrameQueues<2>::arena_bytes(frames);
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        frames_ = setup.frames;
        return gone_[once].init(arena, frames_ + 1) && gone_[often].init(arena, frames_ + 1) &&
               clocks_.init(arena, frames_);
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        // Every page goes once from clock to clock and once round the second.
        for (std::uint32_t steps = 3 * clocks_.size(); steps != 0; --steps) {
            const bool first = fixed(clocks_.size(once)) >= std::max(fixed(1), target_);
            const Which from = first || clocks_.size(often) == 0 ? once : often;
            const FrameNo hand = clocks_.front(from);
            if (view.pinned(hand)) {
                clocks_.move(hand, from);
            } else if (view.test_and_clear_a(hand)) {
                clocks_.move(hand, often);
            } else {
                out[0] = hand;
                return 1;
            }
        }
        out[0] = clocks_.first_unpinned(view);
        return out[0] == no_frame ? 0 : 1;
    }

    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        if (gone_[once].contains(fault.page)) {
            const Fixed step = ratio(gone_[often].size(), gone_[once].size());
            target_ = std::min(target_ + step, fixed(frames_));
        } else if (gone_[often].contains(fault.page)) {
            target_ -= std::min(target_, ratio(gone_[once].size(), gone_[often].size()));
        } else {
            forget_one();
            clocks_.push_back(once, frame);
            return;
        }
        for (GhostList& gone : gone_)
            gone.remove(fault.page);
        clocks_.push_back(often, frame);
    }

    void on_unmapped(FrameNo frame, PageNo page) noexcept {
        gone_[clocks_.queue_of(frame)].push(page);
        clocks_.remove(frame);
    }

    // For whoever checks the paper's invariants.
    std::uint32_t resident(Which which) const { return clocks_.size(which); }
    std::uint32_t remembered(Which which) const { return gone_[which].size(); }

private:
    using Fixed = std::uint64_t; // 32 bits after the point
    static constexpr Fixed fixed(std::uint64_t whole) { return whole << 32; }
    static Fixed ratio(std::uint32_t other, std::uint32_t own) {
        return std::max(fixed(1), fixed(other) / own);
    }

    // Room for the name that a new page may leave behind.
    void forget_one() {
        if (resident(once) + remembered(once) >= frames_ && remembered(once) != 0)
            gone_[once].forget_oldest();
        else if (clocks_.size() + remembered(once) + remembered(often) >= 2 * frames_)
            gone_[often].forget_oldest();
    }

    FrameQueues<2> clocks_; // front: under the hand
    GhostList gone_[2];
    Fixed target_ = 0; // of `once`
    std::uint32_t frames_ = 0;
};

} // namespace libos::policies
