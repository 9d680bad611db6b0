// tools/simulator/policies/arc.hpp - balances pages seen once against pages seen twice, by what it
// has just given up.
//
// ARC (Megiddo and Modha, FAST 2003, figure 4): `once` and `often` hold the resident pages by
// recency, behind each go the names of those it gave up. A fault on such a name moves the target
// size of `once` towards the list that would have kept it. Steps of the target are whole numbers
// (integer division), where the paper leaves them real.

#pragma once

#include <algorithm>
#include <list>
#include <unordered_map>
#include <vector>

#include "libos/vm/replacement_policy.hpp"

namespace simulator::policies {

class Arc {
public:
    enum Which : std::uint8_t { once, often, once_gone, often_gone, none };

    bool init(const libos::PolicySetup& setup) noexcept {
        page_in_.resize(setup.frames);
        return setup.frames != 0;
    }

    template <class View>
    std::uint32_t select_victims(View&, const libos::Fault& fault,
                                 std::span<libos::FrameNo> out) noexcept {
        const auto known = places_.find(fault.page);
        const Which which = known == places_.end() ? none : known->second.which;
        const std::size_t capacity = page_in_.size();
        if (which == once_gone) {
            target_ = std::min(capacity, target_ + step(often_gone, once_gone));
        } else if (which == often_gone) {
            target_ -= std::min(target_, step(once_gone, often_gone));
        } else if (size(once) + size(once_gone) == capacity) {
            if (size(once) == capacity) {
                forgets_ = true; // it is full of pages seen once, and keeps no name
                return propose(once, out);
            }
            forget_last(once_gone);
        } else if (size(once) + size(often) + size(once_gone) + size(often_gone) == 2 * capacity) {
            forget_last(often_gone);
        }
        const bool from_once = size(once) != 0 && ((which == often_gone && size(once) == target_) ||
                                                   size(once) > target_);
        return propose(from_once || size(often) == 0 ? once : often, out);
    }

    void on_mapped(libos::FrameNo frame, const libos::Fault& fault) noexcept {
        page_in_[frame] = fault.page;
        const bool seen = places_.contains(fault.page);
        put(fault.page, seen ? often : once, frame);
    }
    void on_unmapped(libos::FrameNo, libos::PageNo page) noexcept {
        if (forgets_)
            erase(page);
        else
            put(page, places_.at(page).which == once ? once_gone : often_gone, libos::no_frame);
        forgets_ = false;
    }
    void on_access(libos::FrameNo frame, bool) noexcept { put(page_in_[frame], often, frame); }

    // For whoever checks the paper's invariants.
    std::size_t resident(Which which) const { return size(which); }
    std::size_t remembered(Which which) const {
        return size(which == once ? once_gone : often_gone);
    }

private:
    struct Place {
        Which which;
        libos::FrameNo frame;
        std::list<libos::PageNo>::iterator at;
    };

    std::size_t size(Which which) const { return lists_[which].size(); }
    std::size_t step(Which other, Which own) const {
        return std::max<std::size_t>(1, size(other) / size(own));
    }
    std::uint32_t propose(Which which, std::span<libos::FrameNo> out) const {
        out[0] = places_.at(lists_[which].back()).frame;
        return 1;
    }
    void erase(libos::PageNo page) {
        const auto found = places_.find(page);
        lists_[found->second.which].erase(found->second.at);
        places_.erase(found);
    }
    void forget_last(Which which) {
        if (size(which) != 0)
            erase(libos::PageNo{lists_[which].back()});
    }
    void put(libos::PageNo page, Which which, libos::FrameNo frame) {
        if (places_.contains(page))
            erase(page);
        lists_[which].push_front(page);
        places_[page] = {which, frame, lists_[which].begin()};
    }

    std::list<libos::PageNo> lists_[4]; // front: used last
    std::unordered_map<libos::PageNo, Place> places_;
    std::vector<libos::PageNo> page_in_; // by frame
    std::size_t target_ = 0;             // of `once`
    bool forgets_ = false;               // the victim's name
};

} // namespace simulator::policies
