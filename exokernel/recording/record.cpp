// exokernel/recording/record.cpp - writing records into the region.

#include "exokernel/recording/record.hpp"

#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

constinit KernelRing kernel_ring[most_processors];

namespace {

constinit abi::RegionHeader nowhere{}; // what a machine without a region is told
constinit abi::RegionHeader* region = &nowhere;
constinit std::uint64_t region_physical = 0;
constinit std::uint64_t libos_part = 0; // offset of the part that libOSes share
constexpr std::uint64_t page = 4096;
constexpr std::uint32_t small_rings = 31;

void describe(abi::RingOrigin origin, std::uint32_t identity, std::uint64_t offset,
              std::uint64_t bytes) {
    region->rings[region->ring_count++] = {.offset = offset,
                                           .capacity = (bytes - page) / sizeof(abi::Record),
                                           .origin = origin,
                                           .identity = identity};
}

} // namespace

abi::RegionHeader& recording_header() { return *region; }

void build_recording(std::uint64_t physical, std::uint64_t bytes, std::uint64_t share,
                     std::uint64_t count) {
    region_physical = physical;
    region = at_physical<abi::RegionHeader>(physical);
    region->version = abi::region_version;
    region->region_bytes = bytes;
    if constexpr (recording_on) {
        const std::uint64_t ring_bytes = (bytes / 100 * share / count) & ~(page - 1);
        if (ring_bytes < 4 * page || bytes < count * ring_bytes + 64 * page)
            refuse_to_boot("the recording region is too small to record in",
                           "give the run a larger one");
        for (std::uint32_t i = 0; i != count; ++i) {
            const std::uint64_t offset = page + i * ring_bytes;
            describe(abi::RingOrigin::kernel, i, offset, ring_bytes);
            auto* const first = at_physical<abi::Record>(physical + offset + page);
            kernel_ring[i] = {first, first + region->rings[i].capacity,
                              at_physical<abi::RingHeader>(physical + offset)};
        }
        libos_part = page + count * ring_bytes;
    }
    __atomic_store_n(&region->magic, abi::region_magic, __ATOMIC_RELEASE);
}

// The first environment has three quarters of the libOS part; the next ones share the rest.
LibosRing libos_ring(std::uint32_t number, std::uint32_t environment) {
    if (!recording_on || number > small_rings || region->ring_count == abi::region_rings)
        return {0, 0};
    const std::uint64_t bytes = region->region_bytes - libos_part;
    const std::uint64_t large = bytes / 4 * 3 & ~(page - 1);
    const std::uint64_t small = (bytes - large) / small_rings & ~(page - 1);
    const std::uint64_t offset = libos_part + (number == 0 ? 0 : large + (number - 1) * small);
    const std::uint64_t length = number == 0 ? large : small;
    if (length < 2 * page)
        return {0, 0};
    describe(abi::RingOrigin::libos, environment, offset, length);
    return {(region_physical + offset) >> 12, length >> 12};
}

abi::Record* reserve_records(unsigned records) {
    KernelRing& ring = kernel_ring[processor().number];
    abi::Record* const at = ring.next;
    if (at + records > ring.end) [[unlikely]]
        stop_machine(abi::Outcome::recording_full);
    ring.next = at + records;
    ring.header->head += records; // the host reads only after the run
    return at;
}

} // namespace exokernel
