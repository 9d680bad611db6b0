// bindings/abi/layout.hpp - where things lie in the first environment, and how it learns of them.
//
// The kernel builds the first environment so; a libOS that creates others gives them the same
// layout, because the same start-up code runs in each. Nothing but this start depends on it.
//
//   0x0000'0010'0000  PE page                         read-write, pinned
//   0x0000'0010'1000  start information               read-only
//   0x0000'0010'2000  manifest text                   read-only
//   0x0000'0010'4000  request area, 4 pages           read-write, pinned
//   0x0000'0010'8000  I/O ring                        read-write, pinned
//   0x0000'0010'9000  system page                     read-only
//   0x0000'0011'1000  upcall stack, 4 pages (guard below)
//   0x0000'0011'9000  nested upcall stack, 2 pages (guard below)
//   0x0000'0012'0000  first thread's stack, 16 pages (guard below)
//   0x0000'0040'0000  program image (ELF64, static)
//   0x0000'4000'0000  free for the libOS: heap, rings, managed regions ...
//   0x7f80'0000'0000  its own page tables, read-only (translation.hpp)
//   0xffff'8000'0000'0000  the kernel's half

#pragma once

#include <cstdint>
#include <type_traits>

#include "bindings/abi/capability.hpp"

namespace abi {

namespace layout {
inline constexpr std::uint64_t pe_page = 0x10'0000;
inline constexpr std::uint64_t start_information = 0x10'1000;
inline constexpr std::uint64_t manifest = 0x10'2000;
inline constexpr std::uint64_t manifest_bytes = 8192;
inline constexpr std::uint64_t request_area = 0x10'4000;
inline constexpr std::uint64_t request_area_pages = 4;
inline constexpr std::uint64_t io_ring = 0x10'8000;
inline constexpr std::uint64_t system_page = 0x10'9000;
inline constexpr std::uint64_t upcall_stack = 0x11'1000;
inline constexpr std::uint64_t upcall_stack_pages = 4;
inline constexpr std::uint64_t nested_stack = 0x11'9000;
inline constexpr std::uint64_t nested_stack_pages = 2;
inline constexpr std::uint64_t first_stack = 0x12'0000;
inline constexpr std::uint64_t first_stack_pages = 16;
inline constexpr std::uint64_t image = 0x40'0000;
inline constexpr std::uint64_t image_end = 0x800'0000; // images end below 128 MiB
inline constexpr std::uint64_t free_range = 0x4000'0000;
} // namespace layout

// Written once, by the kernel for the first environment and by the creator for others.
struct StartInformation {
    std::uint32_t size;             // of this structure
    std::uint32_t version;          // start_information_version
    std::uint32_t environment;      // identity, unique for the run, never reused
    std::uint32_t manifest_bytes;   // length of the text at layout::manifest
    Capability self;                // environment, all rights
    Capability memory;              // memory
    Capability root_table;          // page table (level 4)
    Capability low_table;           // leaf page table of [0, 2 MiB)
    Capability disk;                // disk extent: its part of the disk; 0 if none
    Capability console;             // console
    Capability processor_time;      // processor time
    Capability recording;           // recording ring; 0: recording is off
    Capability pe_frame;            // frame of the PE page
    Capability ring_frame;          // frame of the I/O ring
    std::uint64_t recording_frames; // length of the recording ring in frames
    std::uint64_t disk_blocks;      // length of that extent in 4 KiB blocks
    std::uint64_t archive_frames;   // frames of the archive, readable by bind_view; 0 if none
    std::uint64_t archive_bytes;
    std::uint64_t capability_slots; // slots of its capability table
    std::uint64_t image_end;        // first address behind the program image
    std::uint64_t disk_first_block; // of the machine's disk: where its disk extent begins
    Capability lent[4];             // what its creator lent it besides, as the two agree; 0: none
};
inline constexpr std::uint32_t start_information_version = 2;
static_assert(sizeof(StartInformation) == 184 && std::is_standard_layout_v<StartInformation>);

// Nodes (NUMA): memory that some processors are nearer to than others, as the firmware says (ACPI:
// SRAT, SLIT). A machine that says nothing is one node. The kernel says where frames are and
// prefers none: who wants one of a node binds it by its number.
inline constexpr std::uint32_t most_nodes = 8;
inline constexpr std::uint32_t most_node_ranges = 16;
inline constexpr std::uint8_t own_distance = 10; // of a node to itself; 255: out of reach
struct NodeRange {
    std::uint64_t first_frame, frames; // physical; not all of them can be bound
    std::uint64_t node;
};
struct Nodes {
    std::uint32_t count;                           // nodes are below it
    std::uint32_t ranges;                          // how many there are in `range`
    std::uint8_t of_processor[most_nodes];         // by its number; 0 where nothing is said
    std::uint8_t distance[most_nodes][most_nodes]; // [from][to]
    NodeRange range[most_node_ranges];
};
static_assert(sizeof(Nodes) == 464 && std::is_standard_layout_v<Nodes>);

// Facts that the kernel keeps current and every environment may map read-only (`bind_view`).
struct SystemPage {
    std::uint32_t size;
    std::uint32_t version;               // system_page_version
    std::uint64_t total_frames;          // that can be bound at all
    std::uint64_t free_frames;           // not bound now
    std::uint64_t environments;          // alive now
    std::uint64_t ticks_at_entry;        // time stamp counter when the kernel was entered
    std::uint64_t idle_ticks;            // time that passed with no environment runnable
    std::uint64_t ticks_per_microsecond; // of the time stamp counter; 1000 under -icount shift=0
    std::uint32_t deterministic;         // 1: completions follow the modelled service time
    std::uint32_t processors;            // that run; `processor_time` has 64 positions for each
    std::uint64_t processor_interrupts;  // sent from one processor to another
    std::uint64_t shootdowns;            // TLBs of another processor that were flushed
    Nodes nodes;
};
inline constexpr std::uint32_t system_page_version = 2;
static_assert(sizeof(SystemPage) == 544 && std::is_standard_layout_v<SystemPage>);

} // namespace abi
