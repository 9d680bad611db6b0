// exokernel/boot/boot_information.hpp - what the loader says: memory map and the one module, the
// archive, with the numbers and pages of its member `boot`.
//
// PVH start information (Xen's hvm_start_info, version 1), checked and copied once. Whoever made
// the archive chose what runs, so damage is refused with a sentence at boot; no environment exists
// yet.

#pragma once

#include <span>

#include "bindings/abi/boot_image.hpp" // IWYU pragma: export

namespace exokernel {

struct MemoryRange {
    std::uint64_t begin, end; // physical, whole frames
};

struct BootInformation {
    MemoryRange ram[32];
    std::uint32_t ram_count;
    std::uint64_t ram_end; // behind the last RAM frame that is used
    MemoryRange module;    // the archive, bytes; empty if there is none
    std::uint64_t rsdp;    // of ACPI, physical; 0: none
};

/// Highest physical address that is used: reverse links number page-table entries with 31 bits.
inline constexpr std::uint64_t physical_limit = std::uint64_t{16} << 30;

/// Reads the structure at a physical address. Runs on the boot map (first 4 GiB).
void read_boot_information(std::uint64_t physical);

extern constinit BootInformation boot_information;

/// Refuses to boot without one, or with one of another version.
const abi::BootImage& boot_image();

std::span<const abi::BootPage> boot_pages();

/// What the page begins with. Refuses to boot if that lies outside the archive.
std::span<const char> content_of(const abi::BootPage& page);

/// The physical address of `count` contiguous, zeroed frames.
std::uint64_t take_boot_frames(std::uint64_t count);

/// Seals it. Returns the first physical address that was not handed out; frames below it are never
/// free.
std::uint64_t seal_boot_memory();

} // namespace exokernel
