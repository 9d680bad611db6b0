// tools/command/trace_file.hpp - reference strings that are given by `--trace FILE`.
//
// Guarantees: a `.u32` file holds page numbers of 32 bits each, lowest byte first; `.u64` those of
// 64 bits; `.pg32` words of 32 bits, `page << 2 | instruction fetch << 1 | written`; `.zst` behind
// it is the same, compressed. A `.txt` file holds decimal page numbers, with commas or white space
// between them, as OSTEP's homework writes them. What is no such file is refused with a reason.

#pragma once

#include <filesystem>
#include <string>

#include "tools/command/exit_code.hpp"
#include "tools/simulator/reference_string.hpp"

namespace command {

/// The page numbers as the guest reads them, each in 32 bits; of a file without other bits.
Outcome<std::string> read_trace(const std::filesystem::path& file);

/// What the simulator reads: any of them.
Outcome<simulator::ReferenceString> read_references(const std::filesystem::path& file);

} // namespace command
