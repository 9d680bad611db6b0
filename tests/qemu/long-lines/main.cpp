// tests/qemu/long-lines/main.cpp - how long the kernel keeps interrupts off in `write_console`: one
// step of 64 bytes, each of them the end of a line with the identity in front.
//
// Measured as in long-steps: a pending upcall comes at the end of the first step.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using namespace world;
namespace call = libos::system_call;

namespace {

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

constexpr std::uint64_t gate = 20'000; // of `exo bench`

void within(const char* sentence, abi::Call number, std::uint64_t a = 0, std::uint64_t b = 0,
            std::uint64_t c = 0, std::uint64_t d = 0) {
    const std::uint64_t arguments[6] = {static_cast<std::uint64_t>(number), a, b, c, d, 0};
    const std::uint64_t ticks = stretch_run(arguments);
    check::that(sentence, ticks <= gate);
    if (ticks > gate)
        libos::print("  seen {} instructions\n", ticks);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    (void)check::needed("an entry", invoke(abi::Call::set_entry, 0,
                                           static_cast<std::uint64_t>(abi::Entry::interrupt),
                                           reinterpret_cast<std::uint64_t>(&stretch_upcall)));
    const child::Child made = child::build(); // from now on lines are prefixed
    auto* const text = libos::request_area::at<char>(0);
    for (int i = 0; i != 64; ++i)
        text[i] = '\n';
    within("a step of writing empty lines is within the bound", abi::Call::write_console,
           start().console.value, 0, 64);
    (void)invoke(abi::Call::destroy_environment, made.environment.value);
    return check::verdict();
}
