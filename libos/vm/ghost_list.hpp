// libos/vm/ghost_list.hpp - the names of pages that have gone, in the order in which they went.
//
// For policies that learn from a page that comes back. It holds `capacity` names; with one more the
// oldest is forgotten. A name is found through a hash table with open addressing, at most half
// full; what stood behind a name that goes moves up, so the table holds nothing but names. All of
// it lies in the policy's arena.

#pragma once

#include <bit>
#include <utility>

#include "libos/vm/replacement_policy.hpp"

namespace libos {

class GhostList {
public:
    // Where a name is kept while it is remembered: 0 .. capacity-1.
    using Slot = std::uint32_t;
    static constexpr Slot no_slot = no_frame;

    /// A multiple of 8, so that another array may follow.
    static constexpr std::size_t arena_bytes(std::uint32_t capacity) noexcept {
        return (sizeof(PageNo) + sizeof(FrameLink)) * capacity +
               sizeof(Slot) * index_size(capacity);
    }

    /// Takes its arrays off the front of `arena`, which is zeroed. False: they do not fit.
    bool init(std::span<std::byte>& arena, std::uint32_t capacity) {
        if (arena.size() < arena_bytes(capacity))
            return false;
        pages_ = take_array<PageNo>(arena, capacity);
        const auto links = take_array<FrameLink>(arena, capacity);
        index_ = take_array<Slot>(arena, index_size(capacity));
        order_.init(links);
        free_.init(links);
        return true;
    }

    std::uint32_t size() const { return size_; }
    std::uint32_t capacity() const { return static_cast<std::uint32_t>(pages_.size()); }
    bool contains(PageNo page) const { return find(page) != no_slot; }
    PageNo page_in(Slot slot) const { return pages_[slot]; }
    Slot oldest() const { return order_.front(); }

    Slot find(PageNo page) const {
        for (std::size_t at = home_of(page); index_[at] != 0; at = after(at))
            if (pages_[index_[at] - 1] == page)
                return index_[at] - 1;
        return no_slot;
    }

    /// `page` is the newest now. Returns where it is; no_slot if the list can hold none.
    Slot push(PageNo page) {
        if (const Slot known = find(page); known != no_slot)
            forget(known);
        else if (size_ == capacity())
            forget_oldest();
        if (capacity() == 0)
            return no_slot;
        Slot slot = free_.front();
        if (slot == no_slot)
            slot = used_++;
        else
            free_.remove(slot);
        ++size_;
        pages_[slot] = page;
        order_.push_back(slot);
        std::size_t at = home_of(page);
        while (index_[at] != 0)
            at = after(at);
        index_[at] = slot + 1;
        return slot;
    }

    void forget(Slot slot) {
        std::size_t hole = home_of(pages_[slot]);
        while (index_[hole] != slot + 1)
            hole = after(hole);
        index_[hole] = 0;
        // An entry moves up unless it would then stand before its home.
        for (std::size_t at = after(hole); index_[at] != 0; at = after(at))
            if (distance(home_of(pages_[index_[at] - 1]), at) >= distance(hole, at)) {
                index_[hole] = std::exchange(index_[at], 0);
                hole = at;
            }
        order_.remove(slot);
        free_.push_back(slot);
        --size_;
    }
    void forget_oldest() {
        if (size_ != 0)
            forget(oldest());
    }

    /// Forgets `page`; true if it was there.
    bool remove(PageNo page) {
        const Slot slot = find(page);
        if (slot != no_slot)
            forget(slot);
        return slot != no_slot;
    }

private:
    static constexpr std::size_t index_size(std::uint32_t capacity) noexcept {
        return std::bit_ceil(std::size_t{capacity} * 2 + 2);
    }
    std::size_t home_of(PageNo page) const {
        return page * 0x9e37'79b9'7f4a'7c15 >> (64 - std::countr_zero(index_.size()));
    }
    std::size_t after(std::size_t at) const { return (at + 1) & (index_.size() - 1); }
    std::size_t distance(std::size_t from, std::size_t to) const {
        return (to - from) & (index_.size() - 1);
    }

    std::span<PageNo> pages_; // by slot
    std::span<Slot> index_;   // slot + 1; 0: empty
    FrameList order_, free_;  // of slots, on the same links: a slot is in one of them
    std::uint32_t size_ = 0;
    Slot used_ = 0; // slots from here on were never used
};

} // namespace libos
