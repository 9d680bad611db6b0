// libos/vm/frame_list.hpp - a list of frames by number: order without allocation.
//
// Two links for each frame in an array that the owner provides. Every operation is a fixed number
// of steps. A frame is in the list once or not at all.

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
        front_ = back_ = no_frame;
    }

    FrameNo front() const { return front_; }
    FrameNo back() const { return back_; }
    FrameNo next(FrameNo frame) const { return links_[frame].next; }
    FrameNo previous(FrameNo frame) const { return links_[frame].previous; }

    void push_back(FrameNo frame) {
        links_[frame] = {back_, no_frame};
        (back_ == no_frame ? front_ : links_[back_].next) = frame;
        back_ = frame;
    }

    void remove(FrameNo frame) {
        const FrameLink link = links_[frame];
        (link.previous == no_frame ? front_ : links_[link.previous].next) = link.next;
        (link.next == no_frame ? back_ : links_[link.next].previous) = link.previous;
    }

    /// `by`, which is not in the list, takes the place of `frame`.
    void replace(FrameNo frame, FrameNo by) {
        const FrameLink link = links_[by] = links_[frame];
        (link.previous == no_frame ? front_ : links_[link.previous].next) = by;
        (link.next == no_frame ? back_ : links_[link.next].previous) = by;
    }

private:
    std::span<FrameLink> links_;
    FrameNo front_ = no_frame;
    FrameNo back_ = no_frame;
};

} // namespace libos
