// libos/core/address_space.hpp - the libOS's own page tables: which range is for what, binding
// frames and page tables, mapping what the exokernel shows.
//
// The libOS asks for every page table itself and keeps the capability of each leaf where it uses
// it. Everything here is for start-up and growth; the fault path only installs and removes.

#pragma once

#include <cstdint>
#include <span>

#include "bindings/abi/address.hpp"
#include "bindings/abi/capability.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/system_call.hpp"

namespace libos {

// The lowest 512 GiB, behind what the exokernel laid out.
namespace address_range {
inline constexpr std::uint64_t heap = abi::layout::free_range;
inline constexpr std::uint64_t heap_end = heap + (std::uint64_t{1} << 30);
inline constexpr std::uint64_t archive = std::uint64_t{0x0d} << 32;     // first environment only
inline constexpr std::uint64_t child_page = std::uint64_t{0x0e} << 32;  // one page
inline constexpr std::uint64_t scratch = std::uint64_t{0x0f} << 32;     // one page
inline constexpr std::uint64_t repossession = scratch + abi::page_size; // one page
inline constexpr std::uint64_t regions = std::uint64_t{0x10} << 32;     // managed regions
inline constexpr std::uint64_t regions_end = std::uint64_t{0x60} << 32;
inline constexpr std::uint64_t recording = std::uint64_t{0x60} << 32;
inline constexpr std::uint64_t capability_table = std::uint64_t{0x70} << 32;
} // namespace address_range

/// Binds any free frames, zeroed, one for each place of `frames` and in its order. Ends the run
/// with a message when there are not so many.
void bind_frames(std::span<abi::Capability> frames);

/// Binds the leaf page table of the 2 MiB around `address` (in the lowest 512 GiB), and the tables
/// above it where they are missing. Call once for each leaf.
abi::Capability bind_leaf_table(std::uint64_t address);

/// The same; the error where there are not enough frames. Tables above it that were taken away are
/// bound anew.
abi::Result<abi::Capability> try_bind_leaf_table(std::uint64_t address);

/// Maps frames first..first+count of `view` from `address` on; binds a leaf page table whenever
/// `address` is at the beginning of one, so a range is mapped from such a beginning upwards.
void map_view(abi::View view, std::uint64_t first, std::uint64_t count, std::uint64_t address,
              std::uint64_t access);

/// This environment's own entry of `capability`'s slot, as the exokernel shows it. Maps the table
/// when first asked.
const abi::CapabilityEntry& entry_of(abi::Capability capability);

/// The physical frame number that `frame` names, read from this environment's own capability
/// table. Maps the table when first asked.
abi::Pfn frame_number(abi::Capability frame);

} // namespace libos
