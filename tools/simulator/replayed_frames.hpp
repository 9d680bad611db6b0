// tools/simulator/replayed_frames.hpp - what a policy saw in a recorded run: the FrameView of a
// replay.
//
// Every answer is false but those that the recording has (policy_told). A frame that holds no page
// that the policy knows of is pinned, as in the libOS.

#pragma once

#include <cstdint>
#include <vector>

#include "bindings/abi/event.hpp"
#include "libos/vm/replacement_policy.hpp"

namespace simulator {

using libos::FrameNo;
using libos::no_frame;
using libos::no_page;
using libos::PageNo;

class ReplayedFrames {
public:
    // What a policy has asked, and has been told.
    struct Question {
        FrameNo frame;
        abi::Told what;
        bool answer;
    };

    explicit ReplayedFrames(std::uint32_t frames) : frames_(frames) {}

    std::uint32_t count() const { return static_cast<std::uint32_t>(frames_.size()); }
    bool resident(FrameNo frame) const { return page_in(frame) != no_page; }
    PageNo page_in(FrameNo frame) const {
        return frame < frames_.size() ? frames_[frame].page : no_page;
    }
    void map(FrameNo frame, PageNo page) { frames_[frame].page = page; }
    void unmap(FrameNo frame) { frames_[frame] = {}; }

    /// The recording says so of the page in `frame`.
    void tell(FrameNo frame, abi::Told what);
    /// What was told is over: it has been answered.
    void forget();
    /// What was asked since, at most asked_limit questions.
    const std::vector<Question>& asked() const { return asked_; }

    bool test_and_clear_a(FrameNo frame) noexcept;
    bool dirty(FrameNo frame) noexcept { return ask(frame, abi::Told::dirty); }
    bool pinned(FrameNo frame) noexcept;
    /// The same for the mechanism, which asks for itself.
    bool is_pinned(FrameNo frame) const {
        return !resident(frame) || (frames_[frame].told & bit(abi::Told::pinned)) != 0;
    }

private:
    struct Frame {
        PageNo page = no_page;
        std::uint8_t told = 0; // bit by abi::Told
    };
    static constexpr std::size_t asked_limit = 4096;
    static constexpr std::uint8_t bit(abi::Told what) {
        return static_cast<std::uint8_t>(1u << static_cast<unsigned>(what));
    }
    bool ask(FrameNo frame, abi::Told what);

    std::vector<Frame> frames_;
    std::vector<FrameNo> told_; // frames of which something was told
    std::vector<Question> asked_;
};

} // namespace simulator
