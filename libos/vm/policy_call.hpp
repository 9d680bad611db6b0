// libos/vm/policy_call.hpp - the pager asks its policy, and a recorded run keeps what that is told.
//
// Included by pager.hpp. Without recording the policy looks at the frames themselves.

#pragma once

#include "libos/vm/pager.hpp"

namespace libos {

template <class Platform>
[[gnu::always_inline]] inline std::uint32_t Pager<Platform>::ask_policy(const Fault& fault,
                                                                        std::span<FrameNo> out) {
    if constexpr (Platform::recording) {
        TellingFrames view{view_, note_told, this};
        return setup_.policy->select_victims_telling(setup_.policy_object, view, fault, out);
    } else {
        return setup_.policy->select_victims(setup_.policy_object, view_, fault, out);
    }
}

/// What is pinned because it holds no page that the policy knows of, every reader of the recording
/// knows.
template <class Platform>
void Pager<Platform>::note_told(void* pager, FrameNo number, abi::Told answer) {
    auto& self = *static_cast<Pager*>(pager);
    const Frame& frame = self.setup_.frames[number];
    if (frame.state == FrameState::resident)
        self.platform_.template emit<abi::Event::policy_told>(self.vpn(frame.page), answer);
}

/// Its page goes without having been a victim.
template <class Platform> void Pager<Platform>::note_withdrawn(FrameNo number) {
    if constexpr (Platform::recording) {
        const Frame& frame = setup_.frames[number];
        platform_.template emit<abi::Event::page_withdrawn>(vpn(frame.page), frame.pfn);
    }
}

} // namespace libos
