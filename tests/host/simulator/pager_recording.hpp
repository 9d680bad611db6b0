// tests/host/simulator/pager_recording.hpp - what a pager over the fake kernel has recorded, as a
// recording that can be replayed.

#pragma once

#include <algorithm>

#include "tests/host/vm/pager_fixture.hpp"
#include "tools/simulator/replay.hpp"

namespace vm_test {

/// One libOS's events alone, behind what its start says of the pager (seed 1).
inline recording::Recording recording_of(const FakeKernel& kernel, std::string_view policy,
                                         std::uint64_t frames,
                                         const libos::PagingRules& rules = {}) {
    recording::Recording recording;
    recording.rings = {{abi::RingOrigin::libos, 1, 0, 0}};
    const auto add = [&](abi::Event kind, const std::vector<std::uint64_t>& words) {
        recording::Event event;
        event.sequence = recording.events.size();
        event.environment = 1;
        event.kind = static_cast<std::uint16_t>(kind);
        event.claim = true;
        event.words = static_cast<std::uint32_t>(words.size());
        std::ranges::copy(words, event.payload.begin());
        recording.events.push_back(event);
    };
    std::uint64_t name[4] = {};
    policy.copy(reinterpret_cast<char*>(name), sizeof(name));
    add(abi::Event::pager_started,
        {frames, 1, FakeKernel::first_vpn, name[0], name[1], name[2], name[3],
         rules.grace ? 1u : 0u, rules.batch, rules.cluster, rules.early});
    for (const Emitted& event : kernel.events)
        add(event.event, event.words);
    return recording;
}

/// The replay of its one pager.
inline simulator::PagerReplay replay_of(const recording::Recording& recording,
                                        simulator::PolicyMaker make = simulator::replayed_policy) {
    return simulator::replay(recording, make).at(0);
}

/// Whether the policy chooses every victim again, and those are all; else what is wrong.
inline std::string differs(const PagerFixture& vm, std::string_view policy, std::uint64_t frames,
                           const libos::PagingRules& rules = {},
                           simulator::PolicyMaker make = simulator::replayed_policy) {
    const simulator::PagerReplay replay =
        replay_of(recording_of(vm.kernel, policy, frames, rules), make);
    if (!replay.problem.empty())
        return replay.problem;
    if (replay.difference)
        return "a victim differs at event " + std::to_string(replay.difference->event);
    // After force, at the end, clean pages make room for what was saved: no policy is asked.
    const bool all =
        vm.kernel.force_used || replay.victims_hash == vm.pager->figures().victims_hash;
    return all ? "" : "there are other victims";
}

} // namespace vm_test
