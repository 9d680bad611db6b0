// tools/viewer/processors.cpp - following the exokernel's switches.

#include "tools/viewer/processors.hpp"

#include <set>
#include <unordered_map>

#include "tools/viewer/words.hpp"

namespace viewer {

Processors::Processors(const recording::Recording& recording) {
    std::set<std::uint16_t> found;
    std::unordered_map<std::uint32_t, std::uint16_t> ran_on; // by environment
    of_.reserve(recording.events.size());
    for (const recording::Event& event : recording.events) {
        if (event.claim) {
            const auto ran = ran_on.find(event.environment);
            of_.push_back(ran == ran_on.end() ? event.processor : ran->second);
            continue;
        }
        of_.push_back(event.processor);
        found.insert(event.processor);
        if (abi::Event{event.kind} == abi::Event::environment_switched)
            ran_on[static_cast<std::uint32_t>(field(event, "to"))] = event.processor;
    }
    all_.assign(found.begin(), found.end());
}

} // namespace viewer
