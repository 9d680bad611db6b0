// apps/discontinuities/discontinuity.hpp - one interruption of a program, as it was seen.
//
// Nothing in here is known beforehand but where the instruction lies: vector, error code, saved
// RIP, flags and stack come from the save area (upcalls), from the PE page (interrupts) or from the
// registers that `syscall` saves in; the rest is concluded from these.

#pragma once

#include <cstddef>
#include <cstdint>

#include "bindings/abi/processor_environment.hpp"

namespace discontinuities {

// As instructions.S loads and stores them.
struct Registers {
    std::uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15;
    std::uint64_t rflags;
};
static_assert(sizeof(Registers) == 17 * sizeof(std::uint64_t) &&
              offsetof(Registers, rflags) == 128);

struct Instruction {
    void (*execute)(const Registers* before);
    const char* at;
    const char* behind;

    std::uint64_t begin() const { return reinterpret_cast<std::uint64_t>(at); }
    std::uint64_t end() const { return reinterpret_cast<std::uint64_t>(behind); }
};

struct Discontinuity {
    const char* key;  // in the results
    const char* name; // in the table
    Instruction instruction;
    Registers before{}, after{};

    bool happened = false;
    bool asynchronous = false; // it came from outside, not from the instruction
    bool by_upcall = false;    // the exokernel entered the libOS, through ...
    abi::Entry entry{};        // ... this entry of the PE
    bool has_vector = false;
    std::uint64_t vector = 0;
    std::uint64_t ring = 0; // that an interrupt interrupted: 3, or 0 if the kernel was at work
    std::uint64_t error = 0, rip = 0, rflags = 0;
    std::uint64_t rsp = 0;     // 0: the hardware saves none (`syscall`)
    std::uint64_t address = 0; // of a page fault: CR2
    std::uint64_t resumed_rip = 0;
    bool registers_right = false; // then and afterwards: as they must be

    // ---- concluded ---------------------------------------------------------------------------
    const char* class_name() const;
    /// "of it", "behind", "next" (of an interrupt) or "elsewhere".
    const char* saved_rip() const;
    const char* pe_entry() const;
    /// "libOS" (in user mode), "sysret" or "iret" (by the exokernel).
    const char* resumed_by() const;
    /// "retried", "continued", "skipped" or "elsewhere".
    const char* resumed_how() const;
};

/// Registers that all differ, and flags that are all set: what is lost or mixed up shows.
Registers patterns();

/// Whether all registers but rsp are equal, and the flags as far as `flags` says.
bool equal(const Registers& a, const Registers& b, std::uint64_t flags);

inline constexpr std::uint64_t arithmetic_flags = 0x8d5; // OF SF ZF AF PF CF
inline constexpr std::uint64_t trap_flag = 0x100, interrupt_flag = 0x200;
inline constexpr std::uint64_t alignment_flag = 1u << 18;
// All that a program can notice, but the flag of the alignment check.
inline constexpr std::uint64_t all_flags = arithmetic_flags | trap_flag | interrupt_flag | 0x400;

} // namespace discontinuities
