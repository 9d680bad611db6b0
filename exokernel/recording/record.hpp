// exokernel/recording/record.hpp - the kernel's own event ring.
//
// `record` is for slow paths: it tests whether recording is on. Hot paths are compiled twice and
// the recorded variant calls `write_records` itself. A ring never overwrites: when it is full the
// run ends with `recording_full`.

#pragma once

#include <cstdint>

#include "bindings/abi/event.hpp"
#include "bindings/abi/recording.hpp"

namespace exokernel {

struct Environment;

// This processor's ring, and the region's header.
struct KernelRing {
    abi::Record* next = nullptr;
    abi::Record* end = nullptr;
    abi::RingHeader* header = nullptr;
};
extern KernelRing kernel_ring;
extern bool recording_on;

/// Lays out the region: header, kernel ring with `share` percent of it, libOS rings.
void build_recording(std::uint64_t physical, std::uint64_t bytes, bool on, std::uint32_t share);

/// The header, or nullptr where the machine has no region.
abi::RegionHeader* recording_header();

// Frames of the ring that the n-th environment may map; count 0: none left.
struct LibosRing {
    std::uint64_t first_frame, count;
};
LibosRing libos_ring(std::uint32_t number, std::uint32_t environment);

/// Writes one event of the current environment: `words` payload words, zero-filled to its records.
void write_event(abi::Event event, const std::uint64_t* words, unsigned count);

/// Writes `event` if recording is on. At most 40 instructions a record.
template <class... Words> void record(abi::Event event, Words... words) {
    if (!recording_on) [[likely]]
        return;
    const std::uint64_t payload[] = {static_cast<std::uint64_t>(words)...};
    write_event(event, payload, sizeof...(Words));
}

} // namespace exokernel
