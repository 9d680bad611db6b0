// exokernel/environment/environment.hpp - the kernel's object for a protection domain.
//
// Lies in one frame that its creator donated; a second one holds the FPU state. An environment owns
// a capability table, page-table roots and, in this version, one PE. It is in exactly one state;
// only `end_environment` moves it to `ending`, only the last step of clean-up frees it.

#pragma once

#include "bindings/abi/io_ring.hpp"               // IWYU pragma: export
#include "bindings/abi/processor_environment.hpp" // IWYU pragma: export
#include "bindings/abi/system_call.hpp"           // IWYU pragma: export
#include "exokernel/arch/x86_64/registers.hpp"    // IWYU pragma: export
#include "exokernel/memory/system_page.hpp"       // IWYU pragma: export
#include "exokernel/revocation/revocation.hpp"    // IWYU pragma: export

namespace exokernel {

using abi::EndReason;

enum class EnvironmentState : std::uint32_t {
    created = 0,  // not started
    runnable = 1, // in its turn, if it has a slice
    waiting = 2,  // in `wait`: until an upcall is pending
    blocked = 3,  // in a call that is tried again when a transfer, a clean-up or a revocation has
                  // got on, or an upcall is pending
    ending = 4,   // its bindings are being given back
};

struct Processor;

struct Environment {
    Registers registers; // first: the hardware pushes to its end

    // What the hot paths use: while the environment has a processor, GS is its address there.
    Processor* processor; // that it has, or had last
    std::uint64_t registers_end;
    std::uint64_t user_stack, stack_top; // of the call in progress; its processor's
    abi::ProcessorEnvironmentPage* pe_page;
    std::uint64_t upcall_stack, nested_stack;
    CapabilityEntry* capabilities;
    std::uint64_t capability_mask; // of the low word of a Capability: in range and aligned
    std::uint64_t entry_asynchronous, cause_asynchronous; // of the upcall on its way
    std::uint64_t entries[abi::entry_slots];

    std::uint32_t identity;
    EnvironmentState state;
    std::uint64_t root;       // physical address of the root in use
    std::uint64_t first_root; // of the one that its creator donated; 0: gone
    std::uint64_t resume_begin, resume_end;

    std::uint32_t capability_slots; // in use by the table: a power of two
    std::uint32_t capability_frames;
    std::uint32_t free_slot;  // first free slot that was used before, 0: none
    std::uint32_t fresh_slot; // slots from here on were never used
    std::uint32_t free_slots;
    std::uint32_t own_capability; // reference of the entry that its creator holds; 0: gone
    std::uint32_t slices_on;      // processor
    // Bit per position of that one; ticks past the end of slices that are not forfeited yet.
    std::uint64_t slices, excess;
    std::uint32_t overruns; // slices in a row that it had to be stopped in
    Environment* parent;
    Environment* first_child;
    Environment* next_sibling;
    Environment* previous_sibling;
    Environment* next_ending;
    Environment* next_to_end; // while ending: first child that is not ending yet

    void* fpu_state; // one frame
    std::uint64_t fs_base, gs_base;

    std::uint64_t request_area[4]; // direct-map addresses
    abi::IoRing* ring;
    std::uint32_t request_consumer, completion_producer; // trusted copies
    std::uint32_t in_flight;                             // transfers of this environment
    bool requests_left; // the device had no place for all: tell it when it has

    std::uint64_t limit_ticks; // 0: disarmed
    bool limit_is_parents;     // which nobody else may change then
    OwnTimeClock limit;
    std::uint64_t limit_upcalls; // upcalls delivered when the limit last fired, disabled

    Revocation revocation; // what it is being asked for
    abi::RepossessionVector* repossession;
    std::uint32_t repossessed;      // slots of it used so far
    std::uint32_t guaranteed_count; // frames in its guaranteed set

    EndReason end_reason;
    std::uint64_t end_status;
    std::uint32_t end_slot; // progress of clean-up
    std::uint64_t recording_first, recording_count;

    std::uint32_t line_length;
    char line[200];
};
static_assert(sizeof(Environment) <= 4096);

/// Whether what has the processor may keep it.
inline bool may_go_on(const Environment& environment) {
    return environment.state == EnvironmentState::runnable && environment.slices != 0;
}

/// FPU state, FS and GS base of the environment that leaves and the one that comes (eager).
void save_processor_state(Environment& environment);
void restore_processor_state(const Environment& environment);

/// A pending bit, seen by the libOS at once; wakes it from `wait`.
void raise(Environment& environment, abi::Entry entry);

/// Lets it begin at `entry`, with this stack and `argument` in rdi; it has its turns from now on.
void begin(Environment& environment, std::uint64_t entry, std::uint64_t stack,
           std::uint64_t argument);

} // namespace exokernel
