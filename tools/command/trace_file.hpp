// tools/command/trace_file.hpp - reference strings that a run gets by `--trace FILE`.
//
// Guarantees: a `.u32` file holds page numbers of 32 bits each, lowest byte first; `.u64` those
// of 64 bits, which must fit into 32; `.zst` behind it is the same, compressed. What is no such
// file is refused with a reason.

#pragma once

#include <filesystem>
#include <string>

#include "tools/command/exit_code.hpp"

namespace command {

/// The page numbers in `file`, as the guest reads them.
Outcome<std::string> read_trace(const std::filesystem::path& file);

} // namespace command
