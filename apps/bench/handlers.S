// apps/bench/handlers.S - the smallest honest upcall handlers, and the resume sequence.
//
// On entry the kernel has saved rax, rcx, rdx, r11, flags, rsp and rip in save area 0; rax holds
// the fault address. A handler that makes system calls keeps the registers that calls may change.
// Nothing here faults, so area 1 is never used. All end in `bench_resume_begin`, which resumes the
// interrupted program, registers and flags and all, without entering the kernel.

#include "apps/bench/offsets.hpp"

    .text

.macro KEEP
    .irp register, rdi, rsi, r8, r9, r10
    pushq %\register
    .endr
.endm
.macro RESTORE
    .irp register, r10, r9, r8, rsi, rdi
    popq %\register
    .endr
.endm

// The whole fault: maps one fixed frame at the page that faulted.
    .global bench_map_handler
    .balign 16
bench_map_handler:
bench_fault_upcall_end:
    KEEP
    movq bench_table, %rdi
    movq %rax, %rsi
    shrq $12, %rsi
    movq bench_frame, %rdx
    movl $ACCESS_WRITE, %r8d
    movl $CALL_INSTALL, %eax
    syscall
    testl %eax, %eax
    jnz handler_failed
    RESTORE
// The restartable resume sequence, registered with set_processor_environment: an upcall that
// arrives inside uses save area 1 and leaves area 0 as it is.
    .global bench_resume_begin, bench_resume_last, bench_fault_upcall_end
bench_resume_begin:
    movl $SAVE_AREA, %esp
    movl $0, PE_UPCALLS_DISABLED
    cmpl $0, PE_PENDING
    jne notice_pending
pop_and_go:
    popq %r11
    popq %rcx
    popq %rdx
    popq %rax
    popfq
    popq %rsp
    jmpq *SAVE_RIP
notice_pending:                 // the ring is polled, so the notice says nothing new
    movl $0, PE_PENDING
    jmp pop_and_go
bench_resume_last:

// The exception round trip: passes over the two bytes that faulted.
    .global bench_skip_handler
    .balign 16
bench_skip_handler:
    addq $2, SAVE_RIP
    jmp bench_resume_begin

// appel1: unprotects the page that faulted and protects the one before it.
    .global bench_appel1_handler
    .balign 16
bench_appel1_handler:
    KEEP
    movq bench_table, %rdi
    movq %rax, %rsi
    shrq $12, %rsi
    pushq %rsi
    movl $1, %edx
    movl $ACCESS_WRITE, %r8d
    movl $CALL_CHANGE, %eax
    syscall
    testl %eax, %eax
    jnz handler_failed
    movq bench_table, %rdi
    movq bench_unprotected_page, %rsi
    popq bench_unprotected_page
    movl $1, %edx
    xorl %r8d, %r8d
    movl $CALL_CHANGE, %eax
    syscall
    testl %eax, %eax
    jnz handler_failed
    RESTORE
    jmp bench_resume_begin

// appel2: unprotects the page that faulted.
    .global bench_appel2_handler
    .balign 16
bench_appel2_handler:
    KEEP
    movq bench_table, %rdi
    movq %rax, %rsi
    shrq $12, %rsi
    movl $1, %edx
    movl $ACCESS_WRITE, %r8d
    movl $CALL_CHANGE, %eax
    syscall
    testl %eax, %eax
    jnz handler_failed
    RESTORE
    jmp bench_resume_begin

handler_failed:                 // eax: the call's error; does not return
    movl %eax, %edi
    jmp bench_handler_failed

// Completions are taken by polling the ring after `wait`; this entry exists so that the notice can.
    .global bench_notice_handler
    .balign 16
bench_notice_handler:
    jmp bench_resume_begin

    .bss
    .balign 8
    .global bench_table, bench_frame, bench_unprotected_page
bench_table:
    .quad 0
bench_frame:
    .quad 0
bench_unprotected_page:         // its page number
    .quad 0
