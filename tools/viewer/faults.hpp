// tools/viewer/faults.hpp - which events belong to which page fault, and what they cost.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/recording_file/recording.hpp"
#include "tools/viewer/steps.hpp"

namespace viewer {

struct Fault {
    std::uint64_t number = 0; // from 1, in the order of detection
    std::uint32_t environment = 0;
    std::uint64_t page = 0;
    std::optional<std::uint64_t> thread = {};
    std::optional<std::uint64_t> victim_page = {};
    bool frame_taken = false;
    bool written_back = false;
    bool read = false;
    bool joined = false;
    bool installed = false;
    bool abandoned = false; // its install was refused
    bool resumed = false;
    std::optional<std::uint64_t> end_reason = {}; // its environment ended before it was resumed
    std::uint64_t cost = 0;                       // of all its events
    std::uint64_t elapsed = 0;                    // from the first to the last of them
    std::vector<StepEvent> events = {};
};

/// All page faults of the recording, in the order of detection.
std::vector<Fault> find_faults(const recording::Recording& recording,
                               std::uint64_t instructions_per_record);

} // namespace viewer
