// tools/command/view.hpp - what the subcommands that show recordings share.

#pragma once

#include <filesystem>

#include "tools/command/exit_code.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/viewer/walk.hpp"

namespace command {

/// Reads a recording; what is wrong with the file, but does not prevent that, goes to stderr.
Outcome<recording::Recording> load_recording(const std::filesystem::path& file);

/// Width and colours of stdout (80 columns and none if it is no terminal).
viewer::WalkOptions terminal_options();

} // namespace command
