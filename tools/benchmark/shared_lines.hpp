// tools/benchmark/shared_lines.hpp - `exo run --count-lines`: what passes between processors'
// caches.
//
// A program says what is counted by pairs of labels, count_NAME_begin and count_NAME_end: the
// accesses of each processor while it is between the two (tools/profiler/shared_lines.cpp).

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tools/command/exit_code.hpp"
#include "tools/profiler/coherence.hpp"

namespace benchmark {

inline constexpr const char* line_regions_name =
    "lines.spec";                                            // in the run directory: for the plugin
inline constexpr const char* line_counts_name = "lines.csv"; // from it
inline constexpr const char* lines_named_name = "lines.txt"; // for people

// A line that one processor wrote and another one read or wrote.
struct SharedLine {
    std::uint64_t physical = 0;
    std::uint32_t writers = 0, readers = 0; // a bit for each processor
    std::uint64_t address = 0, pc = 0;      // of the last write
};

struct LineRegion {
    std::string name;
    profiler::Traffic traffic; // of all processors
    std::vector<SharedLine> shared;
};

/// What to tell the plugin about `program`.
command::Outcome<std::string> line_regions_of(const std::filesystem::path& program);

command::Outcome<std::vector<LineRegion>> read_shared_lines(const std::filesystem::path& file);

/// A row for each region.
std::string table_of(const std::vector<LineRegion>& regions);

/// Each shared line with who used it and what it is, by the symbols of both programs.
command::Outcome<std::string> named_lines(const std::vector<LineRegion>& regions,
                                          const std::filesystem::path& program,
                                          const std::filesystem::path& kernel);

/// As the app's results are: lines_NAME_remote_reads, _remote_writes, _invalidations, _shared.
std::map<std::string, std::string> figures_of(const std::vector<LineRegion>& regions);

} // namespace benchmark
