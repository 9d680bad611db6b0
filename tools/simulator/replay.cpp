// tools/simulator/replay.cpp - each pager of a recording by itself.

#include "tools/simulator/replay.hpp"

#include <map>

#include "tools/simulator/pager_replay.hpp"
#include "tools/verifier/fields.hpp"

namespace simulator {

using Kind = abi::Event;

std::vector<PagerReplay> replay(const recording::Recording& recording, PolicyMaker make) {
    std::map<std::uint32_t, std::size_t> pagers; // by ring, which no other libOS writes
    std::vector<PagerReplayer> replayers;
    for (const recording::Event& event : recording.events) {
        if (!event.claim || !recording::of_true_origin(event))
            continue;
        const auto known = pagers.find(event.ring);
        if (known != pagers.end()) {
            replayers[known->second].take(event);
        } else if (verifier::kind_of(event) == Kind::pager_started) {
            pagers[event.ring] = replayers.size();
            replayers.emplace_back(event, make);
        }
    }
    std::vector<PagerReplay> results;
    results.reserve(replayers.size());
    for (PagerReplayer& replayer : replayers)
        results.push_back(replayer.finish());
    return results;
}

bool lacks_answers(const recording::Recording& recording) {
    std::map<std::uint32_t, bool> started;
    for (const recording::Event& event : recording.events) {
        if (!event.claim)
            continue;
        if (verifier::kind_of(event) == Kind::pager_started)
            started[event.ring] = true;
        if ((verifier::kind_of(event) == Kind::frame_taken ||
             verifier::kind_of(event) == Kind::victim_chosen) &&
            !started[event.ring])
            return true;
    }
    return false;
}

} // namespace simulator
