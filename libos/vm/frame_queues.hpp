// libos/vm/frame_queues.hpp - several queues of frames; a frame is in one of them, or in none.
//
// For policies that sort their pages, as new ones and proven ones. One pair of links a frame serves
// all queues. Every operation but first_unpinned is a fixed number of steps.

#pragma once

#include <array>

#include "libos/vm/replacement_policy.hpp"

namespace libos {

template <std::uint8_t count> class FrameQueues {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return (sizeof(FrameLink) + sizeof(std::uint8_t)) * frames;
    }

    /// Takes its arrays off the front of `arena`. False: they do not fit.
    bool init(std::span<std::byte>& arena, std::uint32_t frames) {
        const auto links = take_array<FrameLink>(arena, frames);
        queue_of_ = take_array<std::uint8_t>(arena, frames);
        for (FrameList& queue : queues_)
            queue.init(links);
        return !queue_of_.empty();
    }

    std::uint32_t size() const {
        std::uint32_t all = 0;
        for (const std::uint32_t size : sizes_)
            all += size;
        return all;
    }
    std::uint32_t size(std::uint8_t queue) const { return sizes_[queue]; }
    FrameNo front(std::uint8_t queue) const { return queues_[queue].front(); }
    /// The one behind `frame` in its queue.
    FrameNo next(FrameNo frame) const { return queues_[queue_of_[frame]].next(frame); }
    std::uint8_t queue_of(FrameNo frame) const { return queue_of_[frame]; }

    void push_back(std::uint8_t queue, FrameNo frame) {
        queues_[queue].push_back(frame);
        queue_of_[frame] = queue;
        ++sizes_[queue];
    }
    void remove(FrameNo frame) {
        queues_[queue_of_[frame]].remove(frame);
        --sizes_[queue_of_[frame]];
    }
    /// To the back of `queue`, which may be its own.
    void move(FrameNo frame, std::uint8_t queue) {
        if (queue_of_[frame] == queue && frame == queues_[queue].front()) {
            queues_[queue].move_front_to_back();
            return;
        }
        remove(frame);
        push_back(queue, frame);
    }

    /// What is left to propose when no queue has an answer. no_frame: all are pinned.
    template <class View> FrameNo first_unpinned(View& view) const {
        for (const FrameList& queue : queues_)
            for (FrameNo frame = queue.front(); frame != no_frame; frame = queue.next(frame))
                if (!view.pinned(frame))
                    return frame;
        return no_frame;
    }

private:
    std::array<FrameList, count> queues_;
    std::array<std::uint32_t, count> sizes_{};
    std::span<std::uint8_t> queue_of_; // by frame
};

} // namespace libos
