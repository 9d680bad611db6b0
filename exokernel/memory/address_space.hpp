// exokernel/memory/address_space.hpp - walking page tables by hand.

#pragma once

#include "bindings/abi/error.hpp" // IWYU pragma: export

namespace exokernel {

/// The leaf entry for `address` under `root`, 0 where a table is missing. For recordings.
std::uint64_t translation_of(std::uint64_t root, std::uint64_t address);

/// The entry of the table at `level` (4 = the root) that covers `address`. Error: not_present (a
/// table above is missing).
abi::Result<std::uint64_t*> table_entry(std::uint64_t root, std::uint64_t address, unsigned level);

/// Index of `address` in the table of `level`.
constexpr unsigned table_index(std::uint64_t address, unsigned level) {
    return static_cast<unsigned>(address >> (12 + 9 * (level - 1)) & 511);
}

/// Bytes that one table of `level` covers.
constexpr std::uint64_t table_span(unsigned level) { return std::uint64_t{4096} << 9 * level; }

} // namespace exokernel
