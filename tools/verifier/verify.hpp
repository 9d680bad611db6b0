// tools/verifier/verify.hpp - checks a recording against its rules: page faults, exceptions, ...
//
// A rule is a small function over the replayed state (state.hpp) and the next event; rules() lists
// them in the order of the steps. Kernel events are facts; what a libOS says is
// a claim, which must agree with the facts.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/recording_file/recording.hpp"

namespace verifier {

/// A broken rule: which one, at which event, and what is wrong in words.
struct Violation {
    std::string rule;
    std::uint64_t sequence = 0; // of the event; the number of events if it is about the whole
    std::string text;
};

struct Rule {
    const char* name;
    const char* description; // one line
};

inline constexpr std::size_t violations_per_rule = 100; // the rest are not listed

/// All violations: first those of single events, in their order, then those of the recording as a
/// whole. One that could not be read to its end is such a violation, too.
std::vector<Violation> verify(const recording::Recording& recording);

const std::vector<Rule>& rules();

} // namespace verifier
