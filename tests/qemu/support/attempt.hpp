// tests/qemu/support/attempt.hpp - runs code that may fault and says what happened to it.
//
// The handlers of page_fault and exception are taken over; a fault inside `attempt` ends the
// attempted function and comes back as a value. A fault anywhere else is left to the libOS.
// For programs of one source file: the assembly is defined here.

#pragma once

#include <cstdint>

#include "libos/core/upcall.hpp"

namespace attempt {

struct Caught {
    bool happened;
    std::uint64_t vector, error, address, rip, rflags;
};

extern "C" {
std::uint64_t attempt_run(void (*function)(std::uint64_t), std::uint64_t argument);
void attempt_caught();
extern std::uint64_t attempt_stack;
}
asm(R"(
    .pushsection .bss
    .balign 8
    .globl attempt_stack
attempt_stack: .quad 0
    .popsection
    .pushsection .text.attempt, "ax"
    .globl attempt_run, attempt_caught
attempt_run:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    sub $8, %rsp
    mov %rsp, attempt_stack
    mov %rdi, %rax
    mov %rsi, %rdi
    call *%rax
    xor %eax, %eax
1:  movq $0, attempt_stack
    add $8, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
attempt_caught:
    mov attempt_stack, %rsp
    mov $1, %eax
    jmp 1b
    .popsection
)");

inline Caught caught;
inline LibosHandler others[2];

inline bool handle(abi::SaveArea& area, std::uint64_t argument, std::uint64_t save_area) {
    const bool page_fault = (area.cause & 0xff) == 0;
    if (attempt_stack == 0)
        return others[page_fault ? 0 : 1](area, argument, save_area);
    caught = {true, area.cause >> 8, area.error, page_fault ? argument : 0, area.rip, area.rflags};
    area.rip = reinterpret_cast<std::uint64_t>(&attempt_caught);
    area.rflags = 0x202;
    area.rsp = attempt_stack;
    return false;
}

inline void open() {
    others[0] = libos_handle_page_fault;
    others[1] = libos_handle_exception;
    libos_handle_page_fault = handle;
    libos_handle_exception = handle;
}

/// Runs `function(argument)`; what ended it, or that nothing did.
inline Caught run(void (*function)(std::uint64_t), std::uint64_t argument = 0) {
    caught = {};
    (void)attempt_run(function, argument);
    return caught;
}

inline Caught load(std::uint64_t address) {
    return run([](std::uint64_t at) { (void)*reinterpret_cast<volatile std::uint64_t*>(at); },
               address);
}
inline Caught store(std::uint64_t address) {
    return run([](std::uint64_t at) { *reinterpret_cast<volatile std::uint64_t*>(at) = 1; },
               address);
}
inline Caught jump(std::uint64_t address) {
    return run([](std::uint64_t at) { reinterpret_cast<void (*)()>(at)(); }, address);
}

} // namespace attempt
