// tools/viewer/steps_text.hpp - the steps of an episode (a page fault, an exception) as text.

#pragma once

#include <span>
#include <string>

#include "tools/viewer/faults.hpp"
#include "tools/viewer/names.hpp"
#include "tools/viewer/text.hpp"
#include "tools/viewer/walk.hpp"

namespace viewer {

/// `text` in lines of the width that was asked for, but not less than 40 columns.
std::string wrapped(const std::string& text, Style style, const WalkOptions& options);

/// Each step with its number, title and cost, and its events as paragraphs: who, what, and where in
/// the sources.
std::string steps_text(const recording::Recording& recording, const Names& names,
                       std::span<const StepEvent> events, const WalkOptions& options);

/// The lines at the end: what all steps cost, and how long `span` took.
std::string costs_text(const recording::Recording& recording, std::uint64_t cost,
                       const std::string& span, std::uint64_t elapsed, const WalkOptions& options);

} // namespace viewer
