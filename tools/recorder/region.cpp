// tools/recorder/region.cpp - mapping and checking a recording region.

#include "tools/recorder/region.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recorder {

using recording::Flag;
using recording::Reason;

MappedFile::MappedFile(const std::string& path, std::string& error) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    if (file < 0 || fstat(file, &status) != 0) {
        error = fmt::format("cannot open the recording region {}: {}. It is made by the run; look "
                            "into the run's qemu.log.",
                            path, std::strerror(errno));
        if (file >= 0)
            close(file);
        return;
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* address = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    if (size == 0 || address == MAP_FAILED)
        error = fmt::format("cannot map the recording region {}: {}. Run the scenario again.", path,
                            size == 0 ? "it is empty" : std::strerror(errno));
    else
        bytes_ = {static_cast<const std::byte*>(address), size};
    mapped_ = !bytes_.empty();
    close(file);
}

MappedFile::~MappedFile() {
    if (mapped_)
        munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::uint64_t fetch_word(const std::byte* from) {
    return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(from), __ATOMIC_ACQUIRE);
}

void fetch(const std::byte* from, std::span<std::byte> to) {
    for (std::size_t i = 0; i + 8 <= to.size(); i += 8) {
        const std::uint64_t word =
            __atomic_load_n(reinterpret_cast<const std::uint64_t*>(from + i), __ATOMIC_RELAXED);
        std::memcpy(to.data() + i, &word, 8);
    }
}

std::optional<abi::RegionHeader> fetch_header(std::span<const std::byte> region,
                                              std::string& error) {
    if (region.size() < sizeof(abi::RegionHeader)) {
        error = fmt::format("the recording region has {} bytes, its header alone needs {}. Run the "
                            "scenario again.",
                            region.size(), sizeof(abi::RegionHeader));
        return std::nullopt;
    }
    abi::RegionHeader header{};
    fetch(region.data(), std::as_writable_bytes(std::span(&header, 1)));
    if (header.magic != abi::region_magic) {
        error = "the recording region was never set up: the exokernel did not get as far as that, "
                "or this is another file. Look into the run's console.log and qemu.log.";
        return std::nullopt;
    }
    if (header.version != abi::region_version) {
        error = fmt::format("the recording region has version {}, this program knows version {}. "
                            "Build the exokernel and the tools from the same sources.",
                            header.version, abi::region_version);
        return std::nullopt;
    }
    return header;
}

namespace {

constexpr std::uint64_t page = sizeof(abi::RingHeader);

bool lies_in(std::span<const std::byte> region, const abi::RingDescriptor& ring) {
    if (ring.offset % page != 0 || ring.offset < page || ring.offset > region.size() - page)
        return false;
    const std::uint64_t room = region.size() - page - ring.offset;
    return ring.capacity <= room / sizeof(abi::Record);
}

std::uint64_t end_of(const abi::RingDescriptor& ring) {
    return ring.offset + page + ring.capacity * sizeof(abi::Record);
}

bool overlap(const abi::RingDescriptor& one, const abi::RingDescriptor& other) {
    return one.offset < end_of(other) && other.offset < end_of(one);
}

} // namespace

std::vector<CheckedRing> check_rings(std::span<const std::byte> region,
                                     const abi::RegionHeader& header, std::vector<Flag>& flags) {
    std::vector<CheckedRing> rings;
    if (region.size() < 2 * page)
        return rings;
    if (header.ring_count > abi::region_rings)
        flags.push_back({recording::no_ring, Reason::ring_outside_region, header.ring_count});
    const std::uint32_t count = std::min(header.ring_count, abi::region_rings);
    for (std::uint32_t i = 0; i < count; ++i) {
        const abi::RingDescriptor& descriptor = header.rings[i];
        if (descriptor.offset == 0)
            continue; // no ring
        Reason wrong = Reason::none;
        if (!lies_in(region, descriptor))
            wrong = Reason::ring_outside_region;
        else if (descriptor.origin != abi::RingOrigin::kernel &&
                 descriptor.origin != abi::RingOrigin::libos)
            wrong = Reason::ring_of_unknown_origin;
        else if (std::ranges::any_of(rings, [&](const CheckedRing& other) {
                     return overlap(other.descriptor, descriptor);
                 }))
            wrong = Reason::rings_overlap;
        if (wrong != Reason::none) {
            flags.push_back({recording::no_ring, wrong, i});
            continue;
        }
        CheckedRing ring{.descriptor = descriptor};
        ring.indices = region.data() + descriptor.offset;
        ring.records = ring.indices + page;
        ring.head = fetch_word(ring.indices + offsetof(abi::RingHeader, head));
        ring.lost = fetch_word(ring.indices + offsetof(abi::RingHeader, lost));
        if (ring.head > descriptor.capacity) {
            flags.push_back({static_cast<std::uint32_t>(rings.size()), Reason::head_beyond_capacity,
                             ring.head});
            ring.head = descriptor.capacity;
        }
        rings.push_back(ring);
    }
    return rings;
}

} // namespace recorder
