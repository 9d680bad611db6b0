// exokernel/arch/x86_64/system_call.S - the system-call entry.
//
// Hot calls are plain C++ functions on the processor's stack: rdi, rsi, rdx, r8, r9 are arguments
// (rcx holds the return address), rax and rdx results; what such a function leaves in the other
// registers is the caller's own or a kernel address, and those are no secret. Every other call
// builds the environment's Registers first, because it may give the processor away.
//
// Instructions of a null call: 14 here, 3 in the handler.

#include "exokernel/arch/x86_64/offsets.hpp"

    .section .text.entry, "ax"

    .global system_call_entry
    .balign 64
system_call_entry:          // rcx = return address, r11 = flags, interrupts off by SFMASK
    swapgs
    movq %rsp, %gs:ENVIRONMENT_USER_STACK
    cmpq $HOT_CALLS, %rax
    jae system_call_slow
    movq %gs:ENVIRONMENT_STACK_TOP, %rsp
    pushq %rcx
    pushq %r11
#if FAULTLINE_RECORDING
    call hot_call_recorded
#else
    call *hot_calls(, %rax, 8)
#endif
    popq %r11
    popq %rcx
    movq %gs:ENVIRONMENT_USER_STACK, %rsp
    swapgs
    sysretq

#if FAULTLINE_RECORDING
hot_call_recorded:          // the call and its result are written after its effects
    pushq %rdi
    pushq %rax
    subq $8, %rsp
    call *hot_calls(, %rax, 8)
    addq $8, %rsp
    popq %rdi               // call
    popq %r8                // its first argument
    pushq %rax
    pushq %rdx
    movq %rax, %rsi
    movq 32(%rsp), %rcx     // return address
    subq $8, %rsp
    call record_system_call // (call, error, value, rip, argument)
    addq $8, %rsp
    popq %rdx
    popq %rax
    ret
#endif

    .global go_on_in_steps
go_on_in_steps:             // from a hot call: forgets what it has put on the stack
    movl %r9d, %eax
    xorl %r9d, %r9d
    movq %gs:ENVIRONMENT_STACK_TOP, %rsp
    movq -8(%rsp), %rcx
    movq -16(%rsp), %r11

system_call_slow:           // builds the frame that an interrupt would have pushed
    movq %gs:ENVIRONMENT_REGISTERS_END, %rsp
    pushq $SELECTOR_USER_DATA
    pushq %gs:ENVIRONMENT_USER_STACK
    pushq %r11
    pushq $SELECTOR_USER_CODE
    pushq %rcx
    pushq $0
    pushq $VECTOR_SYSTEM_CALL
    .irp register, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    pushq %\register
    .endr
    movq %rsp, %rdi
    movq %gs:ENVIRONMENT_STACK_TOP, %rsp
    call handle_system_call
    ud2
