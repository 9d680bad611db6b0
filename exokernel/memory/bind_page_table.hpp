// exokernel/memory/bind_page_table.hpp - page tables: frames that became ones, what their bindings
// say, and walking them by hand.

#pragma once

#include "bindings/abi/translation.hpp"            // IWYU pragma: export
#include "exokernel/bindings/capability_entry.hpp" // IWYU pragma: export

namespace exokernel {

struct Environment;

/// Turns an exclusively held frame binding into the binding of a zeroed root with the kernel's
/// half. `owner`: the environment whose address space it is.
void become_root(CapabilityEntry& frame, const Environment& owner);

/// Turns two bindings into a leaf table and its links, or one into an upper table, and hangs it
/// below `root`. The caller has checked that the entry above exists and is empty.
void become_table(CapabilityEntry& frame, CapabilityEntry* links, const CapabilityEntry& root,
                  std::uint64_t address, unsigned level, std::uint64_t& entry_above);

/// The environment whose address space the table is part of.
Environment& address_space_of(const CapabilityEntry& table);

/// Lets the tables above `table`, as far as it hangs below any, count `more` of the guaranteed set
/// below them.
void count_guaranteed(const CapabilityEntry& table, int more);

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

// A leaf table as its binding describes it.
inline std::uint64_t* table_of(const CapabilityEntry& table) {
    return reinterpret_cast<std::uint64_t*>(table.object);
}
inline std::uint64_t base_address_of(const CapabilityEntry& table) {
    return table.detail & ~std::uint64_t{0xfff};
}
inline unsigned level_of(const CapabilityEntry& table) {
    return static_cast<unsigned>(table.detail & 7);
}
/// Its entries for addresses of the environment: not a root's for the kernel and the window.
inline unsigned user_entries_of(const CapabilityEntry& table) {
    return level_of(table) == 4 ? table_index(abi::user_end, 4) : abi::entries_per_table;
}
inline bool is_empty(const CapabilityEntry& table) {
    for (unsigned i = 0; i != user_entries_of(table); ++i)
        if (table_of(table)[i] != 0)
            return false;
    return true;
}
inline std::uint32_t links_of(const CapabilityEntry& table) { return table.mapping_head; }

} // namespace exokernel
