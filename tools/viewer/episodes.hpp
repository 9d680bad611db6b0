// tools/viewer/episodes.hpp - the parts of a recording that are worth stepping through.
//
// An episode is a run of events that belong together, of one or several environments: a page
// fault, a revocation, an exception or another discontinuity, a TLB shootdown. Its events keep the
// order of the recording. An event may belong to several episodes (a fault within a revocation) or
// to none.

#pragma once

#include <string>

#include "tools/viewer/faults.hpp"

namespace viewer {

struct Episode {
    enum class Kind : std::uint8_t { fault, revocation, exception, shootdown };
    Kind kind = Kind::fault;
    std::uint64_t number = 0;           // within its kind, from 1
    std::vector<std::uint32_t> parties; // environments; the last one has the work to do
    std::string title;                  // what it begins with; tells nothing of what follows
    std::string outcome;                // what came of it; empty if there is nothing to say
    std::vector<StepEvent> events;
};

/// All episodes, by the time they begin. `faults` are those of the recording.
std::vector<Episode> find_episodes(const recording::Recording& recording,
                                   const std::vector<Fault>& faults,
                                   std::uint64_t instructions_per_record);

/// How the environment of the event ended, as a sentence.
std::string end_text(std::uint64_t reason);

/// What came of a fault: where its frame is from, or that its environment ended, as a sentence;
/// empty if that is not known.
std::string outcome_of(const Fault& fault);

} // namespace viewer
