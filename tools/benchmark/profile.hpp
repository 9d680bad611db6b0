// tools/benchmark/profile.hpp - what the profiler counted, as it wrote it.

#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tools/command/exit_code.hpp"
#include "tools/profiler/counters.hpp"
#include "tools/profiler/kernel_run.hpp"

namespace benchmark {

struct RegionProfile {
    std::uint64_t passes = 0;
    profiler::Counters best, least, most, sum; // best: of the pass with the fewest instructions
};

struct Profile {
    std::map<std::string, RegionProfile, std::less<>> regions;
    profiler::Counters all;  // since the first libOS instruction
    profiler::Counters boot; // of all processors, before that
    profiler::KernelRun longest;
};

command::Outcome<Profile> read_profile(const std::filesystem::path& file);

} // namespace benchmark
