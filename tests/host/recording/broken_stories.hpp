// tests/host/recording/broken_stories.hpp - the correct story with one thing changed, and the rule
// that this breaks. A new rule needs at least one here.

#pragma once

#include <span>

#include "tests/host/recording/story.hpp"

namespace story {

struct Broken {
    const char* rule;
    const char* how;
    void (*breaks)(Recording&);
};

/// All of them.
std::span<const Broken> broken_stories();
/// Those of them that are about what was registered.
std::span<const Broken> broken_registrations();
/// And about what a policy was told.
std::span<const Broken> broken_policies();
/// And about slices of processor time.
std::span<const Broken> broken_slices();
/// And about who runs.
std::span<const Broken> broken_threads();
/// Of the story with revocation in it.
std::span<const Broken> broken_revocations();

} // namespace story
