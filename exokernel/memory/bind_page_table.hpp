// exokernel/memory/bind_page_table.hpp - frames that became page tables.

#pragma once

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

} // namespace exokernel
