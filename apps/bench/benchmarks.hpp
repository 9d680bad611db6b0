// apps/bench/benchmarks.hpp - the measurements, each with everything it needs set up and put back.

#pragma once

#include <cstdint>

#include "apps/bench/ground.hpp"

namespace bench {

/// null, install, remove, protection of 100 pages, batches, bind_frames, drop_frames, yield.
void measure_calls(const Ground& ground, std::uint64_t passes);

/// Page faults, exceptions, appel1 and appel2.
void measure_faults(const Ground& ground, std::uint64_t passes);

/// 4 KiB reads, 32 in flight.
void measure_disk(const Ground& ground, std::uint64_t passes);

/// `yield` to another environment and back.
void measure_switch(const Ground& ground, std::uint64_t passes);

/// A record in the libOS's own ring; nothing where there is none.
void measure_emit(const Ground& ground, std::uint64_t passes);

/// Runs the long calls once at their largest, so that the longest interrupts-off path shows.
void run_long_calls(const Ground& ground);

} // namespace bench
