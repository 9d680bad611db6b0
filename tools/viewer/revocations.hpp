// tools/viewer/revocations.hpp - which events belong to which revocation, and what they cost.
//
// Steps are 20 + n, as in bindings/abi/event.hpp.

#pragma once

#include <string>

#include "tools/viewer/faults.hpp"
#include "tools/viewer/names.hpp"

namespace viewer {

struct Revocation {
    std::uint64_t number = 0;
    std::uint32_t asker = 0, receiver = 0;
    std::uint64_t capability = 0; // of the receiver: what it has too much of
    std::uint64_t kind = 0, count = 0, deadline = 0;
    bool expired = false, ended = false;
    std::uint32_t dead = 0; // the receiver or the asker, if one of them ended meanwhile
    std::uint64_t given = 0, taken = 0, missing = 0; // once it has ended
    std::uint64_t cost = 0;                          // of all its events
    std::uint64_t elapsed = 0;                       // from the first to the last of them
    std::vector<StepEvent> events = {};

    bool is_over() const { return ended || dead != 0; }
};

/// All revocations of the recording, in the order of their requests.
std::vector<Revocation> find_revocations(const recording::Recording& recording,
                                         std::uint64_t instructions_per_record);

/// Who asks whom for what: "environment 1 (pair) asks environment 2 (wc) for 2 frames".
std::string request_of(const Names& names, const Revocation& revocation);

/// How it went, as a sentence.
std::string outcome_of(const Revocation& revocation);

} // namespace viewer
