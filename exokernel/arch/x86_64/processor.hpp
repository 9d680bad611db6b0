// exokernel/arch/x86_64/processor.hpp - the per-processor area.
//
// GS in the kernel is the environment that has the processor, so that the hot paths read what they
// need of it with one instruction; that leads here. The last fields are what other processors write
// or wait for (kernel_lock.hpp).

#pragma once

#include <span>

#include "exokernel/arch/x86_64/offsets.hpp"     // IWYU pragma: export
#include "exokernel/environment/environment.hpp" // IWYU pragma: export

namespace exokernel {

struct [[gnu::packed]] TaskState {
    std::uint32_t reserved0 = 0;
    std::uint64_t stack0 = 0; // RSP0: the end of the current environment's Registers
    std::uint64_t stack1 = 0, stack2 = 0, reserved1 = 0;
    std::uint64_t interrupt_stack[7] = {}; // 1: #DF, 2: NMI, 3: #MC
    std::uint64_t reserved2 = 0;
    std::uint16_t reserved3 = 0;
    std::uint16_t io_map = 0; // set beyond the limit: no I/O port for ring 3
};
static_assert(sizeof(TaskState) == 104);

struct alignas(64) Processor {
    Environment* environment; // that has it
    std::uint32_t number;
    // The slice that is on: its position, and its owner's identity; whose position, plus 1, gets
    // the rest of it; when it is over (0: never), and whether who has the processor has been told.
    std::uint32_t position, slice_owner, yielded_to;
    std::uint64_t slice_due;
    bool slice_over;
    std::uint64_t root;      // physical address in CR3
    std::uint64_t timer_due; // what the local timer is armed for; 0: disarmed
    volatile std::uint32_t timer_fired, disk_fired;
    std::uint64_t gdt[9];
    TaskState task_state;
    Environment nobody; // stands in for "no environment": identity 0, never runs

    std::uint32_t apic_identity;
    volatile std::uint32_t inside;               // in the kernel, and in no hot path
    volatile std::uint32_t halted, flush_wanted; // idle; at once, by who has the lock
    bool flush_due, flush_owed; // before that gives it back; before anything changes hands

    alignas(16) std::uint8_t stack[16384];
    alignas(16) std::uint8_t fatal_stacks[3][8192];
};

inline constexpr std::uint32_t most_processors = 8;
extern constinit Processor processors[most_processors];
extern constinit std::uint32_t processor_count;

/// The area of the processor that runs this.
inline Processor& processor() {
    Processor* area;
    asm("movq %%gs:%c1, %0" : "=r"(area) : "i"(ENVIRONMENT_PROCESSOR));
    return *area;
}

/// The current environment's capability table, and the mask that keeps an offset inside it.
[[gnu::always_inline]] inline CapabilityEntry* current_capabilities() {
    CapabilityEntry* base;
    asm("movq %%gs:%c1, %0" : "=r"(base) : "i"(ENVIRONMENT_CAPABILITIES));
    return base;
}
[[gnu::always_inline]] inline std::uint64_t current_capability_mask() {
    std::uint64_t mask;
    asm("movq %%gs:%c1, %0" : "=r"(mask) : "i"(ENVIRONMENT_CAPABILITY_MASK));
    return mask;
}

/// Prepares the processor that runs this, with its area: GDT, TSS, GS, control registers,
/// system-call entry.
void prepare_processor(Processor& area);

/// Makes `environment` the one whose state the hot paths use and loads its address space.
void load_another_environment(Environment& environment);
inline void load_environment(Environment& environment) {
    if (processor().environment != &environment || processor().root != environment.root)
        load_another_environment(environment);
}
/// This processor has nothing of the environment's loaded any more, nor of its address space.
void unload_environment(const Environment& environment);
/// Loads an address space.
void load_root(std::uint64_t root);

inline std::uint64_t time_stamp() {
    std::uint32_t low;
    std::uint32_t high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return std::uint64_t{high} << 32 | low;
}

/// Fills the table and loads it.
void load_interrupt_table();

/// Starts processors with these local APICs, the boot processor's left out, until `wanted` run.
/// Each waits, halted, until the boot processor leaves the kernel and somebody has work for it. One
/// that does not come up within 250,000,000 ticks is named on the console and left out. At boot
/// only.
void start_processors(std::span<const std::uint8_t> identities, std::uint64_t wanted);

} // namespace exokernel
