// libos/vm/policies/random.hpp - gives up any page: what every other policy should beat.
//
// The choice comes from the seed alone (bindings/random.hpp), so it is the same in every run.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

class Random {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return 2 * sizeof(FrameNo) * frames;
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        resident_ = take_array<FrameNo>(arena, setup.frames);
        place_ = take_array<std::uint32_t>(arena, setup.frames);
        numbers_ = bindings::Random{setup.seed};
        return !place_.empty();
    }

    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        if (count_ == 0)
            return 0;
        const auto first = static_cast<std::uint32_t>(numbers_.below(count_));
        for (std::uint32_t i = 0; i != count_; ++i)
            if (const FrameNo frame = resident_[(first + i) % count_]; !view.pinned(frame)) {
                out[0] = frame;
                return 1;
            }
        return 0;
    }

    void on_mapped(FrameNo frame, const Fault&) noexcept {
        place_[frame] = count_;
        resident_[count_++] = frame;
    }
    void on_unmapped(FrameNo frame, PageNo) noexcept {
        const FrameNo last = resident_[--count_];
        place_[last] = place_[frame];
        resident_[place_[frame]] = last;
    }

private:
    std::span<FrameNo> resident_;    // in no order that means anything
    std::span<std::uint32_t> place_; // by frame: where it is in `resident_`
    std::uint32_t count_ = 0;
    bindings::Random numbers_{0};
};

} // namespace libos::policies
