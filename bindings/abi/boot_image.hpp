// bindings/abi/boot_image.hpp - what the kernel is told at boot: numbers, and the pages of the
// first environment.
//
// The archive's first member, `boot`, is a BootImage and its pages behind it. `exo` makes it from
// the manifest and the program, so that the kernel reads neither text nor ELF. All offsets count
// from the beginning of the archive.

#pragma once

#include <cstdint>
#include <type_traits>

#include "bindings/abi/layout.hpp"

namespace abi {

// What a frame of the first environment becomes.
enum class PageUse : std::uint32_t {
    memory = 0,  // a page of its own
    start = 1,   // StartInformation as it is by then: the last page
    pe = 2,      // the PE page
    request = 3, // the next page of the request area
    ring = 4,    // a page whose name is told: the I/O ring
    system = 5,  // none: the system page is mapped there
    table = 6,   // a page table; `access` is its level, 3 ... 1, and a leaf has a frame for links
};

// Tables come before what they map.
struct BootPage {
    std::uint64_t address; // virtual, of the page
    std::uint64_t access;  // abi::access
    std::uint64_t offset;  // of its content
    std::uint32_t bytes;   // of its content, at most 4,096; the rest of the page is 0
    PageUse use;
};
static_assert(sizeof(BootPage) == 32);

struct BootImage {
    std::uint64_t magic; // boot_image_magic
    std::uint32_t version;
    std::uint32_t pages;           // BootPages behind this structure
    std::uint32_t processors;      // that are to run libOSes
    std::uint32_t recording_share; // percent of the region for the kernel's rings
    std::uint32_t deterministic;   // 1: completions follow the service time
    std::uint32_t reserved;
    std::uint64_t service_time; // instructions between submission and completion
    std::uint64_t slots;        // of the first environment's capability table
    std::uint64_t entry;        // where the program begins
    StartInformation start;     // without what the kernel fills in
};
static_assert(sizeof(BootImage) == 56 + sizeof(StartInformation) &&
              std::is_standard_layout_v<BootImage>);

inline constexpr std::uint64_t boot_image_magic = 0x3154'4f4f'4254'4c46; // "FLTBOOT1"
inline constexpr std::uint32_t boot_image_version = 1;
inline constexpr std::uint64_t boot_image_offset = 512; // in the archive, behind its header

} // namespace abi
