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

/// What is to be written with a victim, by the policy's hook.
template <class Platform>
std::uint32_t Pager<Platform>::ask_for_cluster(FrameNo victim, std::span<FrameNo> out) {
    if constexpr (Platform::recording) {
        TellingFrames view{view_, note_told, this};
        return setup_.policy->cluster_telling(setup_.policy_object, view, victim, out);
    } else {
        return setup_.policy->cluster(setup_.policy_object, view_, victim, out);
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

/// A policy hears in which region a page lies.
template <class Platform> void Pager<Platform>::note_region(const Region& region) {
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::region_added>(region.number, vpn(region.first),
                                                          region.pages, region.blocks);
}

/// The policy's choice is dirty, and cannot be written now.
template <class Platform>
void Pager<Platform>::note_let_be(std::uint64_t sequence, FrameNo victim) {
    if constexpr (Platform::recording)
        platform_.template emit<abi::Event::no_victim>(sequence, vpn(setup_.frames[victim].page));
}

/// A page that nobody waits for is given up: no thread says so.
template <class Platform> void Pager<Platform>::note_not_along(const FaultRecord& record) {
    if constexpr (Platform::recording)
        if (record.why == Why::prefetch)
            platform_.template emit<abi::Event::along_abandoned>(record.sequence, vpn(record.page));
}

} // namespace libos
