// tools/recording_file/merge.hpp - one order out of many rings.

#pragma once

#include <vector>

#include "tools/recording_file/recording.hpp"

namespace recording {

/// The events of all rings by time, numbered. Each ring keeps its own order; on a tie the kernel
/// comes first, then the ring with the lower number.
std::vector<Event> merge(const std::vector<std::vector<Event>>& rings);

} // namespace recording
