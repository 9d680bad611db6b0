// exokernel/arch/x86_64/registers.hpp - the complete interrupted state of an environment.
//
// Lies at the start of each environment's kernel object. The hardware pushes its frame to the end
// of it (TSS.RSP0), so a fault or interrupt is in kernel memory before anything else happens.

#pragma once

#include "bindings/abi/exception.hpp" // IWYU pragma: export

namespace exokernel {

struct Registers {
    std::uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    std::uint64_t vector; // 256: a system call
    std::uint64_t error, rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(Registers) == 176);

inline constexpr std::uint64_t vector_spurious = 0xff;
inline constexpr std::uint64_t vector_system_call = 256;

} // namespace exokernel
