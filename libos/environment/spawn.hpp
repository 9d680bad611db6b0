// libos/environment/spawn.hpp - creates an environment that runs a program of the archive.
//
// The child gets the layout of bindings/abi/layout.hpp, so that the same start-up code runs in it
// as in the first environment, and only what its Allowance names. What it is made of (image,
// tables, PE page, stacks) stays bound under a memory binding of the creator's, apart from the
// frames that the child may bind itself: those can be asked for while it runs.

#pragma once

#include <string_view>

#include "bindings/abi/capability.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/processor_environment.hpp"

namespace libos {

// A capability of the creator's, with `grant`, and what the child may do with it.
struct Loan {
    abi::Capability capability; // 0: none
    std::uint32_t rights = 0;
};

// What a child may have.
struct Allowance {
    std::uint64_t frames = 0;        // that it may bind itself
    std::uint32_t table_frames = 16; // capability slots / 64: 1, 2, 4, 8 or 16
    std::uint64_t first_block = 0;   // its part of the creator's disk extent
    std::uint64_t blocks = 0;        // 0: no disk
    std::uint32_t disk_rights = 0;   // read, write
    std::uint64_t processor = 0;     // that it runs on
    std::uint64_t slice = 0;         // ticks; 0: until it gives the processor up
    bool console = true;
    Loan lent[4] = {};
};

// What the creator holds of it.
struct Child {
    abi::Capability environment; // all rights
    abi::Capability root;        // of its page tables: the creator may bind more below it
    abi::Capability pe_frame;    // its PE page, which the creator may map and read
    abi::Capability made_of;     // memory: dropped when the child has ended, everything is free
    abi::Capability frames;      // memory: what `own_frames` was granted from
    abi::Capability own_frames;  // the name in the child's table
    abi::Capability disk;        // extent: what `own_disk` was granted from
    abi::Capability own_disk;    // the name in the child's table
    abi::Capability lent[4];     // the names in the child's table
    std::uint32_t identity = 0;
};

/// Builds an environment for `program`, a member of the archive, with `manifest` as its manifest
/// text (bindings/abi/archive.hpp; at most 8,191 bytes), and starts it. Authority: the first
/// environment's. Nothing stays behind when it fails. Errors: not_present (no such member),
/// invalid_argument (not a static ELF64 for this layout, or too long a text), out_of_range (no such
/// processor), no_memory, limit_reached, and those of the calls. Call from a thread. Cost: about
/// 200,000 instructions.
abi::Result<Child> spawn(std::string_view program, std::string_view manifest,
                         const Allowance& allowance);

/// What the exokernel has said of the child's end; null while it lives, or once seven others have
/// ended after it.
const abi::EndNotice* end_of(const Child& child);

/// Ends a child, if it still lives, and gives back what it was made of and what it had.
void bury(const Child& child);
/// Waits until a child has ended by itself, and does the same. From a thread; no other one runs
/// meanwhile.
void bury_at_its_end(const Child& child);

} // namespace libos
