// tools/viewer/exceptions.hpp - which events belong to which exception; what else interrupts a
// program has the same form (discontinuities.hpp).
//
// An exception has the steps 1, 2 and 8 of a page fault, with nothing between them.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/viewer/faults.hpp"

namespace viewer {

struct Exception {
    enum class Kind : std::uint8_t { exception, page_fault, interrupt, system_call };
    Kind kind = Kind::exception;
    std::uint64_t number = 0; // from 1, in the order of detection
    std::uint32_t environment = 0;
    std::uint64_t vector = 0;                // of a system call: which
    std::uint64_t rip = 0;                   // saved
    std::optional<std::uint64_t> entry = {}; // of the PE, that was taken
    bool by_iret = false;                    // the exokernel resumed it so
    std::optional<std::uint64_t> thread = {};
    std::optional<std::uint64_t> resumed_rip = {};
    std::optional<std::uint64_t> end_reason = {}; // its environment ended before it was resumed
    std::uint64_t cost = 0, elapsed = 0;
    std::vector<StepEvent> events = {};
};

/// All exceptions of the recording, in the order of detection.
std::vector<Exception> find_exceptions(const recording::Recording& recording,
                                       std::uint64_t instructions_per_record);

} // namespace viewer
