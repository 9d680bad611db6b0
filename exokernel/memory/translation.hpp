// exokernel/memory/translation.hpp - writing and removing page-table entries, with their reverse
// links.
//
// Every translation made through a binding is in that binding's list, so that taking the binding
// back finds them all. A link is 8 bytes per page-table entry, in the second frame that the owner
// of a leaf table donates:
//
//   mapping id  = frame number of the links x 512 + index      (31 bits: RAM below 16 GiB)
//   link        = { next mapping id, or 0 | previous mapping id, or reference of the binding
//                   with bit 31 set for the first of the list }
//
// The link of mapping id m lies at direct map + 8 m; the binding of a tagged reference r at direct
// map + 64 r.

#pragma once

#include "exokernel/memory/bind_page_table.hpp" // IWYU pragma: export

namespace exokernel {

// A result in rax and rdx, as the entry path of the hot calls hands it on.
struct HotResult {
    std::uint64_t error, value;
};

/// Why the current environment's capability is no leaf table to install in, or no frame to map. In
/// a file of its own, so that the hot paths jump to it and need no stack frame. With a table that
/// is only shared call `number` is not refused: it goes on as one that takes its time.
HotResult refuse_table(std::uint64_t table, std::uint64_t page, std::uint64_t frame,
                       std::uint64_t rip, std::uint64_t access, std::uint64_t number);
HotResult refuse_frame(std::uint64_t table, std::uint64_t page, std::uint64_t frame,
                       std::uint64_t rip, std::uint64_t access, std::uint64_t number);

/// A hot call that is none: system_call.S enters call `number` as one that takes its time, with
/// these arguments.
extern "C" HotResult go_on_in_steps(std::uint64_t first, std::uint64_t second, std::uint64_t third,
                                    std::uint64_t rip, std::uint64_t fourth, std::uint64_t number);

/// Removes the first translation of the binding's list from its page table and from the TLB.
/// Returns its old value.
std::uint64_t remove_first_mapping(CapabilityEntry& frame);

/// Removes the translation at `index` of a leaf table, whoever owns it. Returns its old value.
std::uint64_t remove_translation(CapabilityEntry& table, unsigned index);

// A leaf table, with what is found through its binding at hand.
struct LeafTable {
    std::uint64_t* translations;
    std::uint64_t address; // of its first page
    std::uint64_t links;   // mapping id of its first link
};

/// The same, if no other translation comes behind it in its binding's list; false, and nothing is
/// done, if one does. The head of that list is left to the caller.
bool remove_last_translation(const LeafTable& table, std::uint64_t index);

/// Writes a translation without any check but that the entry is empty; returns whether it was.
bool write_translation(const CapabilityEntry& table, std::uint64_t index, CapabilityEntry& frame,
                       std::uint64_t access);

} // namespace exokernel
