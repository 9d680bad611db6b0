// tools/command/trace_file.hpp - reference strings that are given by `--trace FILE`.
//
// Guarantees: a `.u32` file holds page numbers of 32 bits each, lowest byte first; `.u64` those of
// 64 bits; `.pg32` words of 32 bits, `page << 2 | instruction fetch << 1 | written`; `.zst` behind
// it is the same, compressed. A `.txt` file holds decimal page numbers, with commas or white space
// between them, as OSTEP's homework writes them. What is no such file is refused with a reason.
// An instruction fetch is read as a load, here and in the booted libOS, where no managed page can
// be executed: so a policy is told the same of each fault in both.

#pragma once

#include <filesystem>
#include <string>

#include "tools/command/exit_code.hpp"
#include "tools/simulator/reference_string.hpp"

namespace command {

/// What the simulator reads.
Outcome<simulator::ReferenceString> read_references(const std::filesystem::path& file);

// What the app `trace` reads.
struct GuestTrace {
    std::string words;       // 32 bits a reference: page << 2 | written
    std::uint64_t pages = 0; // that its region has: those up to the highest one of the string
};
inline constexpr std::uint64_t most_pages = 1ull << 24; // of such a region

/// Refuses pages that no region can have.
Outcome<GuestTrace> read_guest_trace(const std::filesystem::path& file);

} // namespace command
