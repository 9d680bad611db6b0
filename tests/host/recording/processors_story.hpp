// tests/host/recording/processors_story.hpp - a recording of three processors, made by hand.

#pragma once

#include "tests/host/recording/story.hpp"

namespace story {

/// Environment 1 on processor 0 removes what environments 2 and 3, on processors 1 and 2, have in
/// their TLBs: from both at once; from one that waits for the lock already, and a frame is free
/// after it; from nobody; and, as the recording breaks off, from one that does not answer.
/// Environment 2 says of its last claim that it was made on processor 0.
Recording processors_story();

inline constexpr std::size_t shootdowns_of_story = 3;

} // namespace story
