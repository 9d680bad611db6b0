// tools/benchmark/fault_cost.hpp - what a page fault costs in the libOS with each policy, the disk
// left out: an average over a reference string that `trace` follows.
//
// Counted is all that is executed from before the first reference to behind the last one, without
// the application's own loop, without the system calls that submit requests and wait for them, the
// disk's interrupts, and what the libOS does between submitting and waiting. What is left: entering
// the handler, finding page and frame, the policy, clearing bits and removing the victim,
// installing, resuming; and what the libOS puts into the I/O ring and takes from it.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/benchmark/profile.hpp"
#include "tools/command/exit_code.hpp"
#include "tools/command/project.hpp"

namespace benchmark {

inline constexpr const char* fault_cost_name = "fault"; // as in `exo bench fault`

// All instructions are averages of a fault, in hundredths.
struct FaultCost {
    std::string policy;
    std::uint64_t faults = 0, evictions = 0;
    std::uint64_t kernel = 0, user = 0;           // without the disk
    std::uint64_t disk_kernel = 0, disk_user = 0; // the disk, and waiting for it
    std::optional<std::uint64_t> budget;          // of kernel and user together
    std::string problem;                          // why it fails; empty: it holds

    std::uint64_t total() const { return kernel + user; }
};

struct FaultCosts {
    std::string string; // what was followed
    std::uint64_t frames = 0;
    std::vector<FaultCost> list;
};

/// The averages of what one run counted between the marks of `trace`, its `faults` among them.
FaultCost cost_of(const profiler::Counters& counted, std::uint64_t faults);

/// One boot for each policy: cc1_k8 where ../shared has it, else a committed string.
command::Outcome<FaultCosts> measure_faults(const command::Project& project);

/// A table of at most 80 columns.
std::string text_of(const FaultCosts& costs);
std::string json_of(const FaultCosts& costs);

} // namespace benchmark
