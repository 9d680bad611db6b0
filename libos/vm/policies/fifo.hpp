// libos/vm/policies/fifo.hpp - gives up the page that has been resident longest.
//
// First in, first out, as in every textbook; the pages' use plays no part. Suffers Belady's
// anomaly: more frames may mean more faults.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

class Fifo {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return sizeof(FrameLink) * frames;
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        const auto links = take_array<FrameLink>(arena, setup.frames);
        order_.init(links);
        return !links.empty();
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        std::uint32_t count = 0;
        for (FrameNo frame = order_.front(); frame != no_frame && count < out.size();
             frame = order_.next(frame))
            if (!view.pinned(frame))
                out[count++] = frame;
        return count;
    }

    void on_mapped(FrameNo frame, const Fault&) noexcept { order_.push_back(frame); }
    void on_unmapped(FrameNo frame, PageNo) noexcept { order_.remove(frame); }

private:
    FrameList order_; // front: resident longest
};

} // namespace libos::policies
