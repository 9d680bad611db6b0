// libos/vm/frame_list.hpp - a list of frames by number: order without allocation.
//
// Two links for each frame in an array that the owner provides. The links make a ring, so that an
// end is no special case and the front one goes to the back by a step of the front. Every operation
// is a fixed number of steps. A frame is in the list once or not at all.

#pragma once

#include <cstdint>
#include <span>

namespace libos {

using FrameNo = std::uint32_t; // dense: 0 .. frames-1, in the order of first use
inline constexpr FrameNo no_frame = ~FrameNo{0};

struct FrameLink {
    FrameNo previous;
    FrameNo next;
};

class FrameList {
public:
    /// The list for frames 0 .. links.size()-1; empty.
    void init(std::span<FrameLink> links) {
        links_ = links;
        front_ = no_frame;
    }

    FrameNo front() const { return front_; }
    FrameNo back() const { return front_ == no_frame ? no_frame : links_[front_].previous; }
    FrameNo next(FrameNo frame) const {
        const FrameNo next = links_[frame].next;
        return next == front_ ? no_frame : next;
    }
    FrameNo previous(FrameNo frame) const {
        return frame == front_ ? no_frame : links_[frame].previous;
    }

    /// The next one, the front one behind the last.
    FrameNo after(FrameNo frame) const { return links_[frame].next; }

    void push_back(FrameNo frame) {
        if (front_ == no_frame) [[unlikely]] {
            links_[frame] = {frame, frame};
            front_ = frame;
            return;
        }
        const FrameNo back = links_[front_].previous;
        links_[frame] = {back, front_};
        links_[back].next = frame;
        links_[front_].previous = frame;
    }

    void remove(FrameNo frame) {
        const FrameLink link = links_[frame];
        links_[link.previous].next = link.next;
        links_[link.next].previous = link.previous;
        if (frame == front_)
            front_ = link.next == frame ? no_frame : link.next;
    }

    /// The front one is the last one now. Of a list that is not empty.
    void move_front_to_back() { front_ = links_[front_].next; }

    /// `by`, which is not in the list, takes the place of `frame`.
    void replace(FrameNo frame, FrameNo by) {
        const FrameLink link = links_[frame];
        links_[by] = link.next == frame ? FrameLink{by, by} : link;
        links_[links_[by].previous].next = by;
        links_[links_[by].next].previous = by;
        if (frame == front_)
            front_ = by;
    }

private:
    std::span<FrameLink> links_;
    FrameNo front_ = no_frame;
};

} // namespace libos
