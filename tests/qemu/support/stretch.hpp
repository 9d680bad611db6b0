// tests/qemu/support/stretch.hpp - how long the kernel keeps interrupts off in the first step of a
// call.
//
// An upcall that is pending comes at the end of a call's first step, where interrupts are taken:
// the time stamp counter, which counts instructions, is read there. The call is then left as it is.
// The entry `interrupt` must be set to stretch_upcall (`open`).

#pragma once

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

extern "C" {
std::uint64_t stretch_run(const std::uint64_t* call_and_arguments);
void stretch_upcall();
extern std::uint64_t stretch_stack;
}
asm(R"(
    .pushsection .bss
    .balign 8
    .globl stretch_stack
stretch_stack: .quad 0
    .popsection
    .pushsection .text.stretch, "ax"
    .globl stretch_run, stretch_upcall
stretch_run:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, stretch_stack
    mov %rdi, %rbx
    lock orl $0x2000, 0x100014
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, %r12
    mov (%rbx), %rax
    mov 8(%rbx), %rdi
    mov 16(%rbx), %rsi
    mov 24(%rbx), %rdx
    mov 32(%rbx), %r8
    mov 40(%rbx), %r9
    syscall
stretch_upcall:
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    sub %r12, %rax
    mov stretch_stack, %rsp
    lock andl $~0x2000, 0x100014
    movl $0, 0x100010
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .popsection
)");

namespace stretch {

inline constexpr std::uint64_t gate = 20'000; // of `exo bench`

inline void open() {
    (void)check::needed("an entry",
                        world::invoke(abi::Call::set_entry, 0,
                                      static_cast<std::uint64_t>(abi::Entry::interrupt),
                                      reinterpret_cast<std::uint64_t>(&stretch_upcall)));
}

inline void within(const char* sentence, abi::Call number, std::uint64_t a = 0, std::uint64_t b = 0,
                   std::uint64_t c = 0, std::uint64_t d = 0) {
    const std::uint64_t arguments[6] = {static_cast<std::uint64_t>(number), a, b, c, d, 0};
    const std::uint64_t ticks = stretch_run(arguments);
    check::that(sentence, ticks <= gate);
    if (ticks > gate)
        libos::print("  seen {} instructions\n", ticks);
}

} // namespace stretch
