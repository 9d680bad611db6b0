// tools/simulator/replayed_frames.cpp - answering from a recording.

#include "tools/simulator/replayed_frames.hpp"

namespace simulator {

void ReplayedFrames::tell(FrameNo frame, abi::Told what) {
    frames_[frame].told |= bit(what);
    told_.push_back(frame);
}

void ReplayedFrames::forget() {
    for (const FrameNo frame : told_)
        frames_[frame].told = 0;
    told_.clear();
    asked_.clear();
}

bool ReplayedFrames::ask(FrameNo frame, abi::Told what) {
    const bool answer = frame < frames_.size() && (frames_[frame].told & bit(what)) != 0;
    if (asked_.size() != asked_limit)
        asked_.push_back({frame, what, answer});
    return answer;
}

bool ReplayedFrames::test_and_clear_a(FrameNo frame) noexcept {
    if (!ask(frame, abi::Told::accessed))
        return false;
    frames_[frame].told &= static_cast<std::uint8_t>(~bit(abi::Told::accessed));
    return true;
}

bool ReplayedFrames::pinned(FrameNo frame) noexcept {
    return !resident(frame) || ask(frame, abi::Told::pinned);
}

} // namespace simulator
