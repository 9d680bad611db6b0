// tools/profiler/specification.hpp - the file that tells the profiler what to measure.
//
// Lines of words; numbers are hexadecimal without 0x; `#` begins a comment:
//
//   region NAME FROM TO      measure from FROM (counted) to TO (not counted)
//   fault PC                 the kernel's stub at PC is entered by an exception of fault class
//   interrupt PC             the stub at PC is entered by an interrupt
//   watch ADDRESS            counts the instructions that name ADDRESS
//   application FROM TO      counts the instructions from FROM on and before TO
//   disk PC                  the kernel does the disk's work when it passes PC
//   boot PC                  the kernel begins there: row `boot` is what all processors execute
//                            from then on until the first return to ring 3
//   trace NAME               lists the instructions of the best pass of that region
//
// A `fault` stub must stand only for exceptions whose instruction was attempted (not for a fault
// of an instruction fetch: there is no attempt to take away).

#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/profiler/counters.hpp"
#include "tools/profiler/region.hpp"

namespace profiler {

struct Specification {
    std::vector<Region> regions;
    std::map<std::uint64_t, Counter> entries; // stub address -> exception or interrupt
    std::vector<std::uint64_t> watched;
    std::uint64_t application_begin = 0, application_end = 0;
    std::set<std::uint64_t> disk;
    std::uint64_t boot = 0; // 0: not asked for
    std::string traced;     // name of a region, or empty
};

/// Reads the specification in `path`, or says what is wrong with it.
std::expected<Specification, std::string> read_specification(const std::string& path);

} // namespace profiler
