// tools/recorder/recorder.hpp - from the recording region of a run to a recording on disk.
//
// The region is the guest's: the kernel's part is trusted as far as a damaged file can be, a libOS
// ring not at all. Guarantees: every index is fetched once before it is used and never again for
// use (a second look after the drain only compares); nothing in the region can make the recorder
// read outside it, crash or fail to end; what cannot be right is flagged in the file. Times become
// relative to kernel entry, so equal runs give equal files.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bindings/abi/recording.hpp"
#include "tools/recording_file/recording.hpp"

namespace recorder {

using Facts = recording::Facts;

struct Summary {
    std::uint64_t records = 0;
    std::uint64_t lost = 0;
    std::vector<recording::Flag> flags;
    abi::RunResult result{}; // times relative to kernel entry
};

/// Writes what lies in `region_file` to `out_file`, with `facts` in its header. False, with the
/// reason in `error`, if there is no valid region or a file cannot be read or written.
bool drain(const std::string& region_file, const Facts& facts, const std::string& out_file,
           Summary& summary, std::string& error);

/// The same for a region that is mapped already, and may change while it is drained.
bool drain(std::span<const std::byte> region, const Facts& facts, const std::string& out_file,
           Summary& summary, std::string& error);

/// How the run ended, with absolute times; outcome `none` if the region is not valid (yet), and
/// then `error` (if given) says why.
abi::RunResult read_result(const std::string& region_file, std::string* error = nullptr);

/// How many records did not fit into the rings, as these say themselves; 0 without a valid region.
std::uint64_t lost_records(const std::string& region_file);

} // namespace recorder
