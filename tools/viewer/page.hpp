// tools/viewer/page.hpp - the recording as one HTML page that needs nothing else.
//
// The page carries the events as packed numbers, the table of their kinds, the names of the ABI's
// values that occur, and the lines of the sources; its script puts the sentences together. It
// makes no request and its policy forbids that it makes one.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tools/viewer/episodes.hpp"
#include "tools/viewer/walk.hpp"

namespace viewer {

// Embedded from tools/viewer/page.
extern const std::string_view page_frame, page_style, page_script;
// What a recording of several processors has besides.
extern const std::string_view processors_style, processors_script;

std::string page(const recording::Recording& recording, const std::vector<Fault>& faults,
                 const WalkOptions& options);

} // namespace viewer
