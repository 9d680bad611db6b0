// tools/benchmark/measure.hpp - boots under the profiler: apps/bench, or any experiment.

#pragma once

#include <map>
#include <string>

#include "bindings/abi/recording.hpp"
#include "tools/benchmark/profile.hpp"
#include "tools/command/project.hpp"
#include "tools/command/run.hpp"

namespace benchmark {

struct Measured {
    Profile profile;
    abi::RunResult result{};
    std::map<std::string, std::string> ticks; // as the application printed them, by path
    std::uint64_t records = 0; // that the kernel wrote after the libOS began; recording only
    std::string longest_place; // where the longest kernel run was, symbolised
    std::string listing;       // of the traced path's best pass
    std::filesystem::path directory;
};

struct Profiled {
    Profile profile;
    command::RunEnd end;
};

/// Boots `experiment` in the new run directory `place`, the profiler told `specification`. A
/// Failure says why the guest did not come to its end.
command::Outcome<Profiled> boot_profiled(const command::Project& project,
                                         command::Experiment experiment,
                                         const std::filesystem::path& place,
                                         const std::string& specification);

/// Runs the benchmarks on the first of `processors`, and lists the instructions of the path
/// `traced` if it is not empty. A Failure says why the guest did not come to its end.
command::Outcome<Measured> measure(const command::Project& project, bool recording,
                                   const std::string& traced = {}, std::uint64_t processors = 1);

} // namespace benchmark
