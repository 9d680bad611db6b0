// libos/vm/telling_frames.hpp - what a policy sees in a recorded run: the same frames, and somebody
// hears what it is told of them.
//
// Only answers that are true are passed on; what is not was not so, or was not asked. Whoever has
// them can run the policy again (tools/simulator/replay.hpp).

#pragma once

#include "bindings/abi/event.hpp"
#include "libos/vm/frame.hpp"

namespace libos {

class TellingFrames {
public:
    using Tell = void (*)(void* context, FrameNo frame, abi::Told answer);

    TellingFrames(ResidentFrames& frames, Tell tell, void* context)
        : frames_{frames}, tell_{tell}, context_{context} {}

    bool test_and_clear_a(FrameNo frame) {
        return tell(frame, frames_.test_and_clear_a(frame), abi::Told::accessed);
    }
    bool dirty(FrameNo frame) const { return tell(frame, frames_.dirty(frame), abi::Told::dirty); }
    bool pinned(FrameNo frame) const {
        return tell(frame, frames_.pinned(frame), abi::Told::pinned);
    }

private:
    bool tell(FrameNo frame, bool answer, abi::Told what) const {
        if (answer) [[unlikely]]
            tell_(context_, frame, what);
        return answer;
    }

    ResidentFrames& frames_;
    Tell tell_;
    void* context_;
};

} // namespace libos
