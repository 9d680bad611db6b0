// tools/viewer/walk.hpp - shows a recording: one page fault, exception, revocation or shootdown
// step by step, or an overview of the run.
//
// Everything shown comes from the recording: sentences, step numbers and source files from the
// table of event kinds, names from the ABI. Costs are instructions of the guest.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "tools/recording_file/recording.hpp"
#include "tools/simulator/reference_string.hpp"

namespace viewer {

enum class Format { text, ostep, pg32, json, html, perfetto };

struct WalkOptions {
    std::optional<std::uint64_t> fault = {};      // 1 is the first; none: an overview
    std::optional<std::uint64_t> exception = {};  // likewise; not both
    std::optional<std::uint64_t> revocation = {}; // by its number; no other of them
    std::optional<std::uint64_t> shootdown = {};  // 1 is the first; no other of them
    Format format = Format::text;
    unsigned columns = 80; // text is wrapped here
    bool colours = false;
    std::uint64_t instructions_per_record = 0; // recording's own cost, taken off all costs
    std::filesystem::path sources = {}; // the project's root: html shows lines of its sources
    const simulator::ReferenceString* references = nullptr; // ostep: the run's, where it is known
};

/// The text to print. Empty, with the reason in `error`, if what was asked for is not there. Beside
/// a text, `error` may say what had to be left out of it.
std::string walk(const recording::Recording& recording, const WalkOptions& options,
                 std::string& error);

/// The fault worth showing when none is asked for: the first one with a victim that is written
/// back, else the first with a victim, else the first. 0 if there is none.
std::uint64_t default_fault(const recording::Recording& recording);

} // namespace viewer
