// bindings/abi/processor_environment.hpp - the PE page: a virtual processor as both sides see it.
//
// One pinned page, shared between a libOS and the kernel. The kernel writes a save area and the
// counters. What it reads here decides only whether and where this libOS gets its upcalls
// (`upcalls_disabled`, `pending`), and whether a limit finds it busy (the counters): a
// libOS that writes wrong values misleads nobody but itself and whoever set that limit. The entry
// table in the page is a mirror; delivery uses the kernel's own copy (`set_entry`).
//
// An environment has one PE so far, number 0. Calls that are about a PE (set_processor_environment,
// set_entry, set_limit) take its number as their next argument, which is one that must be 0. What
// is told of the environment as a whole (notices, revocation) stands in the page of number 0.
//
//   offset  field                       written by
//        0  size, version, entry_count  kernel
//       16  upcalls_disabled            both       0 enabled, 1 disabled, 2 nested area in use
//       20  pending                     kernel sets bits, libOS clears them (atomically)
//       24  revocation                  kernel     what is asked back, what was taken
//       64  counters                    kernel
//      128  entry table, 32 x 8         kernel     mirror, 0 = not handled
//      384  notices of ended environments  kernel
//      512  save area 0 (normal)        kernel on delivery, then the libOS's
//      768  save area 1 (nested)        kernel on delivery, then the libOS's
//     1024  the last interrupt          kernel
//     1088  the kernel's, 0 now
//     2048  the libOS's own

#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "bindings/abi/capability.hpp"

namespace abi {

// Slots of the entry-point table. Numbers are stable; 15 to 31 are free.
enum class Entry : std::uint32_t {
    page_fault = 0,
    exception = 1,
    io_completion = 2,
    slice_begin = 3,
    slice_end = 4,
    revoke = 5,
    repossession = 6,
    environment_ended = 7,
    protected_call = 8,
    async_call = 9,
    import_request = 10,
    call_failed = 11,
    redirected_syscall = 12,
    interrupt = 13,
    report_memory = 14,
};
inline constexpr std::uint32_t entry_slots = 32;

constexpr const char* name_of(Entry entry) {
    constexpr const char* names[] = {
        "page_fault",     "exception",    "io_completion",      "slice_begin",    "slice_end",
        "revoke",         "repossession", "environment_ended",  "protected_call", "async_call",
        "import_request", "call_failed",  "redirected_syscall", "interrupt",      "report_memory"};
    const auto index = static_cast<std::uint32_t>(entry);
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unnamed entry";
}

// The interrupted state. The kernel writes the fields marked K; at the entry point every other
// register still holds the interrupted program's value, and rax, rcx, rdx, r11 hold:
//   rax  fault address (page_fault), vector (exception), 0 otherwise
//   rdx  index of the save area: 0 or 1        rcx, r11  unspecified
//   rsp  top of the upcall stack for that area
// The order of r11 .. rip lets the resume sequence pop its way through, and the libOS's stub
// stores the fields marked L when it needs more registers.
struct SaveArea {
    std::uint64_t r11;           // K   offset 0: the resume sequence starts popping here
    std::uint64_t rcx;           // K
    std::uint64_t rdx;           // K
    std::uint64_t rax;           // K
    std::uint64_t rflags;        // K
    std::uint64_t rsp;           // K
    std::uint64_t rip;           // K
    std::uint64_t error;         // K   hardware error code; 0 where there is none
    std::uint64_t fault_address; // K   page_fault: CR2
    std::uint64_t cause;         // K   vector << 8 | Entry
    std::uint64_t rbx, rbp, rsi, rdi, r8, r9, r10, r12, r13, r14, r15; // L
    std::uint64_t own[11];                                             // L
};
static_assert(sizeof(SaveArea) == 256 && std::is_standard_layout_v<SaveArea>);

// One environment that has ended, as its creator learns it (entry environment_ended).
struct EndNotice {
    std::uint32_t environment; // identity
    std::uint16_t reason;      // EndReason
    std::uint16_t reserved;
    std::uint64_t status; // what it passed to `end`
};
static_assert(sizeof(EndNotice) == 16);

// The last interrupt that came while the environment had the processor: what the hardware saved.
// No upcall tells of it, and a libOS that does not look here notices nothing but the time. Where
// it interrupted the kernel at work for the environment (ring 0), that state is not shown.
struct InterruptNote {
    std::uint64_t count; // how many there were
    std::uint32_t vector;
    std::uint32_t ring;             // 3: the environment's own program was interrupted
    std::uint64_t rip, rflags, rsp; // of that program; 0 in ring 0
};
static_assert(sizeof(InterruptNote) == 40);

struct ProcessorEnvironmentPage {
    std::uint32_t size; // of this structure, without the libOS's own part
    std::uint32_t version;
    std::uint32_t entry_count; // 32
    std::uint32_t environment; // identity of the environment it belongs to
    std::uint32_t upcalls_disabled;
    std::uint32_t pending;         // bit n: an upcall to entry n waits
    Capability revoke_binding;     // what is asked for, in its own table; 0: nothing is
    std::uint32_t revoke_count;    // units asked for, when it was asked
    std::uint32_t revoke_number;   // of the request, unique in the run
    std::uint64_t revoke_deadline; // ticks of its own time, from when it was asked; 0: over
    std::uint64_t repossessed;     // slots of its repossession vector used so far
    std::uint64_t unrecorded;      // bindings taken that found no ready slot there
    std::uint64_t faults;          // page faults delivered
    std::uint64_t upcalls;         // asynchronous upcalls delivered
    std::uint64_t slices;          // times it was given a processor
    std::uint64_t excess_time;     // instructions past its slices (with CPU time bindings)
    std::uint64_t slice_position;  // in the run vector
    std::uint64_t slice_length;    // 0: unlimited
    std::uint64_t exceptions;      // exceptions delivered
    std::uint64_t reserved1;
    std::uint64_t entries[entry_slots];
    std::uint64_t ended_count; // environments this one created that have ended
    EndNotice ended[7];        // the n-th (from 0) lies at ended[n % 7]; older ones are lost
    std::uint64_t reserved2;
    SaveArea save[2];
    InterruptNote interrupted;
    std::uint64_t reserved3[123]; // the kernel's, 0 now
};
inline constexpr std::uint32_t processor_environment_version = 1;
inline constexpr std::size_t pe_upcalls_disabled = 16;
inline constexpr std::size_t pe_pending = 20;
inline constexpr std::size_t pe_faults = 64;
inline constexpr std::size_t pe_save_areas = 512;
inline constexpr std::size_t pe_interrupted = 1024;
static_assert(offsetof(ProcessorEnvironmentPage, upcalls_disabled) == pe_upcalls_disabled);
static_assert(offsetof(ProcessorEnvironmentPage, pending) == pe_pending);
static_assert(offsetof(ProcessorEnvironmentPage, interrupted) == pe_interrupted);
static_assert(offsetof(ProcessorEnvironmentPage, faults) == pe_faults);
static_assert(offsetof(ProcessorEnvironmentPage, entries) == 128);
static_assert(offsetof(ProcessorEnvironmentPage, save) == pe_save_areas);
static_assert(sizeof(ProcessorEnvironmentPage) == 2048);

// What `set_processor_environment` registers, from the request area. All addresses are user
// addresses of that environment; the resume range may be empty (0, 0). The frames are capabilities
// of the caller and are pinned until the environment ends; 0 keeps what was registered before.
struct ProcessorEnvironmentSetup {
    std::uint64_t upcall_stack_top; // 16-byte aligned
    std::uint64_t nested_stack_top; // 16-byte aligned
    std::uint64_t resume_begin;     // restartable range [begin, end): an upcall that arrives with
    std::uint64_t resume_end;       // RIP inside it uses save area 1 and leaves area 0 intact.
                                    // Not for page faults: the sequence must not fault
    Capability pe_frame;            // becomes the PE page (zeroed); before start only
    Capability request_frames[4];   // become the request area, in this order; before start only
};
static_assert(sizeof(ProcessorEnvironmentSetup) == 72);

} // namespace abi
