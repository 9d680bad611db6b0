// bindings/abi/recording.hpp - the recording region: what guest and host agree on.
//
// The region is the memory of an ivshmem-plain device (PCI 1af4:1110, BAR 2), which the host maps
// as a file. The kernel writes the header and its own rings; a libOS writes only its own ring,
// which it maps through a binding. The guest never reads anything that the host writes. The host
// treats the indices of a libOS ring as hostile and the origin of an event is its ring.
//
//   offset 0      RegionHeader, kernel only                      (one page)
//   then          per ring: one page RingHeader, then records    (offsets in the descriptors)
//
// A run that is not recorded has the region too (header only), because the result lies in it.

#pragma once

#include <cstdint>
#include <type_traits>

namespace abi {

// 32 bytes; an event is 1 to 4 of them. The first holds payload words 0 and 1 in a, b; each that
// follows has the same environment and processor, kind = first kind | n << 12 (n = 1..3), and
// three more payload words in time, a, b.
struct Record {
    std::uint64_t time; // time stamp counter; the recorder makes it relative to kernel entry
    std::uint32_t environment;
    std::uint16_t processor;
    std::uint16_t kind;
    std::uint64_t a;
    std::uint64_t b;
};
static_assert(sizeof(Record) == 32 && std::is_standard_layout_v<Record>);
inline constexpr std::uint32_t record_follow_shift = 12;

inline constexpr std::uint64_t region_magic = 0x31306e6c746c7561; // "aultln01"
inline constexpr std::uint32_t region_version = 1;
inline constexpr std::uint32_t region_rings = 40;

enum class RingOrigin : std::uint32_t { none = 0, kernel = 1, libos = 2 };

struct RingDescriptor {
    std::uint64_t offset;   // of the RingHeader in the region, page-aligned; 0: no ring
    std::uint64_t capacity; // in records
    RingOrigin origin;
    std::uint32_t identity; // kernel: processor; libOS: environment
};
static_assert(sizeof(RingDescriptor) == 24);

struct RingHeader {
    std::uint64_t head;                             // records written so far; never above capacity
    std::uint64_t lost;                             // records that did not fit
    std::uint64_t system_calls, faults, interrupts; // of a kernel ring: events of these kinds
    std::uint64_t reserved[507];
};
static_assert(sizeof(RingHeader) == 4096);

// How the run ended.
enum class Outcome : std::uint32_t {
    none = 0,               // still running, or it crashed
    ended = 1,              // the first environment ended by itself: `status` is its own
    environment_killed = 2, // the first environment was ended: `reason` and the fault say why
    panic = 3,              // a kernel invariant is broken
    stuck = 4,              // every environment waits and nothing is in flight
    boot_error = 5,         // the kernel refused what it was given; `message` says what and why
    recording_full = 6,
};

struct RunResult {
    Outcome outcome;
    std::uint32_t status;         // what the first environment passed to `end`
    std::uint32_t reason;         // EndReason of the first environment
    std::uint32_t environment;    // that the report is about
    std::uint64_t ticks_at_entry; // kernel entry
    std::uint64_t ticks_at_start; // first libOS instruction
    std::uint64_t ticks_at_end;
    std::uint64_t idle_ticks;                            // of those, waiting with nothing to run
    std::uint64_t cause, fault_address, error, rip, rsp; // of the last fault, for reports
    std::uint64_t longest_interrupts_off;                // instructions, 0 if not measured
    std::uint64_t system_calls, faults, interrupts;      // 0; the recorder adds the rings' counts
    char message[128];
};
static_assert(sizeof(RunResult) == 248);

struct RegionHeader {
    std::uint64_t magic; // written last at start: before that the region is not valid
    std::uint32_t version;
    std::uint32_t ring_count; // descriptors in use
    std::uint64_t region_bytes;
    RunResult result;
    RingDescriptor rings[region_rings];
};
static_assert(sizeof(RegionHeader) <= 4096 && std::is_standard_layout_v<RegionHeader>);

} // namespace abi
