// tools/command/known_string.hpp - the reference string that a recorded run followed, where it is
// known: that of `trace` lies on the run's disk, that of `scan` follows from its arguments and
// seed.

#pragma once

#include <filesystem>
#include <optional>

#include "tools/recording_file/recording.hpp"
#include "tools/simulator/reference_string.hpp"

namespace command {

/// Nothing where it is not known: another app, several threads, no disk in the folder `run`.
std::optional<simulator::ReferenceString> known_string(const recording::Recording& recording,
                                                       const std::filesystem::path& run);

} // namespace command
