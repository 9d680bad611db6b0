// libos/vm/policies/clock_pro.hpp - gives up what does not come back soon: three hands, one clock.
//
// CLOCK-Pro (Jiang, Chen, Zhang, USENIX ATC 2005). A page comes in cold and on test. Used again
// while on test, even if it has gone meanwhile, it becomes hot. The cold hand looks for the victim
// among the cold pages; the hot hand makes a hot page cold that was not used for a round, and ends
// the tests that it passes; the test hand ends tests while there are more names of gone pages than
// frames. A page that is used again on test gives the cold pages one frame more, a test that ends
// one frame less.
//
// Unlike the paper: bits may be looked at only when a victim is wanted, so that is when the hot
// hand moves. While frames are free pages come in hot, as in LIRS, which is what the clock
// approximates. And a page is mapped with its bit set, because the faulting instruction is executed
// again: the bits of pages mapped since the last victim are cleared first, or each would pass its
// test.

#pragma once

#include <algorithm>

#include "libos/vm/ghost_list.hpp"

namespace libos::policies {

class ClockPro {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return GhostList::arena_bytes(frames) + (2 * sizeof(FrameLink) + sizeof(Kind)) * frames;
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        frames_ = setup.frames;
        const bool fits = gone_.init(arena, frames_);
        clock_.init(take_array<FrameLink>(arena, std::size_t{2} * frames_));
        kinds_ = take_array<Kind>(arena, frames_);
        return fits && !kinds_.empty();
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        filling_ = false;
        clear_new_bits(view);
        for (std::uint32_t steps = 4 * (hot_ + cold_ + gone_.size()); steps != 0; --steps)
            if (cold_ < std::min(cold_target_, hot_ + cold_))
                move_hot_hand(view);
            else if (const Node page = move_cold_hand(view); page != no_frame) {
                out[0] = page;
                return 1;
            }
        for (Node page = clock_.front(); page != no_frame; page = clock_.next(page))
            if (!is_gone(page) && !view.pinned(page)) {
                out[0] = page;
                return 1;
            }
        return 0;
    }

    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        const GhostList::Slot slot = gone_.find(fault.page);
        const bool known = slot != GhostList::no_slot;
        if (known) {
            forget(frames_ + slot);
            more_cold();
        }
        const bool hot = known || (filling_ && hot_ + cold_target_ < frames_);
        kinds_[frame] = hot ? Kind::hot : Kind::on_test;
        ++(hot ? hot_ : cold_);
        clock_.push_back(frame);
        ++new_;
    }

    void on_unmapped(FrameNo frame, PageNo page) noexcept {
        --(kinds_[frame] == Kind::hot ? hot_ : cold_);
        while (kinds_[frame] == Kind::on_test && gone_.size() == frames_)
            move_test_hand();
        if (kinds_[frame] != Kind::on_test) {
            take_out(frame);
            return;
        }
        const Node name = frames_ + gone_.push(page);
        clock_.replace(frame, name);
        for (Node* const hand : {&cold_hand_, &test_hand_})
            if (*hand == frame)
                *hand = name;
    }

    // For whoever checks the paper's invariants.
    std::uint32_t hot() const { return hot_; }
    std::uint32_t cold() const { return cold_; }
    std::uint32_t cold_target() const { return cold_target_; }
    std::uint32_t remembered() const { return gone_.size(); }

private:
    // A frame; or, from frames_ on, the slot of the name of a gone page, which is on test.
    using Node = FrameNo;
    enum class Kind : std::uint8_t { cold, on_test, hot };

    bool is_gone(Node page) const { return page >= frames_; }
    void more_cold() { cold_target_ = std::min(cold_target_ + 1, std::max(1u, frames_ - 1)); }
    void less_cold() { cold_target_ = std::max(1u, cold_target_ - 1); }

    void take_out(Node page) {
        for (Node* const hand : {&cold_hand_, &test_hand_})
            if (*hand == page)
                *hand = clock_.after(page) == page ? no_frame : clock_.after(page);
        clock_.remove(page);
    }
    void forget(Node gone) {
        take_out(gone);
        gone_.forget(gone - frames_);
    }
    // Of a page on test that a hand passes.
    void end_test(Node page) {
        less_cold();
        if (is_gone(page))
            forget(page);
        else
            kinds_[page] = Kind::cold;
    }

    template <class View> void clear_new_bits(View& view) {
        for (Node page = clock_.back(); new_ != 0 && page != no_frame; --new_) {
            if (!is_gone(page))
                view.test_and_clear_a(page);
            page = clock_.previous(page);
        }
        new_ = 0;
    }

    // Looks at one page; returns it if it is to go, else no_frame.
    template <class View> Node move_cold_hand(View& view) {
        const Node page = cold_hand_ == no_frame ? clock_.front() : cold_hand_;
        cold_hand_ = clock_.after(page);
        if (is_gone(page) || kinds_[page] == Kind::hot || view.pinned(page))
            return no_frame;
        if (!view.test_and_clear_a(page))
            return page;
        if (kinds_[page] == Kind::on_test) {
            kinds_[page] = Kind::hot;
            --cold_;
            ++hot_;
            more_cold();
        } else {
            kinds_[page] = Kind::on_test;
        }
        take_out(page);
        clock_.push_back(page);
        return no_frame;
    }

    template <class View> void move_hot_hand(View& view) {
        const Node page = clock_.front();
        if (is_gone(page)) {
            end_test(page);
            return;
        }
        if (kinds_[page] == Kind::on_test)
            end_test(page);
        else if (kinds_[page] == Kind::hot && !view.pinned(page) && !view.test_and_clear_a(page)) {
            kinds_[page] = Kind::cold;
            --hot_;
            ++cold_;
        }
        clock_.move_front_to_back(); // the same place in a clock
    }

    void move_test_hand() {
        const Node page = test_hand_ == no_frame ? clock_.front() : test_hand_;
        test_hand_ = clock_.after(page);
        if (is_gone(page) || kinds_[page] == Kind::on_test)
            end_test(page);
    }

    FrameList clock_; // front: under the hot hand; back: where pages come in
    GhostList gone_;
    std::span<Kind> kinds_;                            // by frame
    Node cold_hand_ = no_frame, test_hand_ = no_frame; // no_frame: at the front
    std::uint32_t frames_ = 0, hot_ = 0, cold_ = 0;
    std::uint32_t cold_target_ = 1;
    std::uint32_t new_ = 0; // pages mapped since a victim was wanted: they are at the back
    bool filling_ = true;
};

} // namespace libos::policies
