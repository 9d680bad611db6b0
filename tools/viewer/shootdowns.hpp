// tools/viewer/shootdowns.hpp - which events belong to which TLB shootdown, and what they cost.
//
// A shootdown is one step of the exokernel that takes translations away from address spaces which
// other processors run: the removals, a request to each of those processors, an answer from each.
// With the last answer the frames may go on; who was interrupted for it goes on, too. Steps of a
// shootdown are shootdown_steps + n.

#pragma once

#include <optional>
#include <string>

#include "tools/viewer/faults.hpp"
#include "tools/viewer/names.hpp"

namespace viewer {

struct Shootdown {
    struct Asked {
        std::uint16_t processor = 0;
        std::uint32_t running = 0; // environment, whose translations they were
        bool has_answered = false;
    };
    std::uint64_t number = 0;               // from 1, in the order of the first requests
    std::uint32_t environment = 0;          // that runs where the translations are removed
    std::uint16_t processor = 0;            // likewise
    std::uint64_t removed = 0, changed = 0; // translations
    std::vector<Asked> asked = {};          // in the order of the requests
    std::optional<std::uint64_t> over = {}; // time of the last answer, if all have answered
    std::uint64_t cost = 0;                 // of all its events
    std::uint64_t elapsed = 0;              // from the first to the last of them
    std::vector<StepEvent> events = {};

    std::size_t answers() const;
};

/// All shootdowns of the recording, in the order of their first requests.
std::vector<Shootdown> find_shootdowns(const recording::Recording& recording,
                                       std::uint64_t instructions_per_record);

/// Who does what where: "environment 1 (pager) removes 3 translations on processor 0".
std::string removal_of(const Names& names, const Shootdown& shootdown);

/// Who has answered, and since when the frames may go on, as sentences.
std::string outcome_of(const Shootdown& shootdown);

} // namespace viewer
