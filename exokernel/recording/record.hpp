// exokernel/recording/record.hpp - the kernel's own event ring.
//
// The kernel is built twice from the same sources, with and without recording, and the host boots
// the one that a run wants: off, recording costs nothing because it is not there. A ring never
// overwrites: when it is full the run ends with `recording_full`.

#pragma once

#include "bindings/abi/event.hpp"              // IWYU pragma: export
#include "bindings/abi/recording.hpp"          // IWYU pragma: export
#include "exokernel/arch/x86_64/processor.hpp" // IWYU pragma: export

namespace exokernel {

using abi::Event;

// Each processor's own ring.
struct alignas(64) KernelRing { // no line is another one's as well
    abi::Record* next = nullptr;
    abi::Record* end = nullptr;
    abi::RingHeader* header = nullptr;
};
extern constinit KernelRing kernel_ring[most_processors];
inline constexpr bool recording_on = FAULTLINE_RECORDING;

/// Lays out the region: header, and where this kernel records: rings of `count` processors with
/// `share` percent of the region, and the libOS rings. Refuses to boot with a region too small for
/// that.
void build_recording(std::uint64_t physical, std::uint64_t bytes, std::uint64_t share,
                     std::uint64_t count);

/// The header; where the machine has no region, one that nobody reads.
abi::RegionHeader& recording_header();

// Frames of the ring that the n-th environment may map; count 0: none left.
struct LibosRing {
    std::uint64_t first_frame, count;
};
LibosRing libos_ring(std::uint32_t number, std::uint32_t environment);

/// Records of an event with this many payload words.
constexpr unsigned records_for(unsigned words) { return words <= 2 ? 1 : 1 + (words - 2 + 2) / 3; }

/// Room for `records` at the end of the ring; ends the run if there is none.
abi::Record* reserve_records(unsigned records);

/// Writes one event of the current environment; its words fill whole records, the rest is 0. At
/// most 40 instructions a record, and nothing at all in a kernel without recording.
template <class... Words> [[gnu::always_inline]] inline void record(Event event, Words... words) {
    if constexpr (recording_on) {
        constexpr unsigned records = records_for(sizeof...(Words));
        const std::uint64_t payload[3 * records - 1] = {static_cast<std::uint64_t>(words)...};
        const Processor& here = processor();
        abi::Record* const at = reserve_records(records);
        const auto kind = static_cast<std::uint16_t>(event);
        const auto number = static_cast<std::uint16_t>(here.number);
        const std::uint32_t environment = here.environment->identity;
        if (event == Event::system_call)
            ++kernel_ring[number].header->system_calls;
        if (event == Event::page_fault)
            ++kernel_ring[number].header->faults;
        if (event == Event::interrupt)
            ++kernel_ring[number].header->interrupts;
        at[0] = {time_stamp(), environment, number, kind, payload[0], payload[1]};
        for (unsigned n = 1; n != records; ++n)
            at[n] = {payload[3 * n - 1],
                     environment,
                     number,
                     static_cast<std::uint16_t>(kind | n << abi::record_follow_shift),
                     payload[3 * n],
                     payload[3 * n + 1]};
    }
}

} // namespace exokernel
