// apps/bench/measured_faults.S - instructions that fault, between the labels that the profiler
// counts from and to.
//
// std::uint64_t measured_NAME(Measurement*, address): faults at `address` and keeps the smallest
// number of ticks. The label of a faulting instruction is reached twice, by the attempt and by its
// repetition: both bound the whole fault. The attempt is not an executed instruction.

#include "apps/bench/offsets.hpp"

    .text

.macro PROLOGUE
    pushq %rbp
    pushq %rbx
    pushq %r15
    movq %rdi, %rbp
    movq %rsi, %rbx
    rdtsc
    movl %eax, %r15d
    xorl %eax, %eax
.endm

.macro EPILOGUE
    movl %eax, %r8d
    rdtsc
    subl %r15d, %eax
    cmpq %rax, LEAST_TICKS(%rbp)
    jbe 2f
    movq %rax, LEAST_TICKS(%rbp)
2:  movl %r8d, %eax
    popq %r15
    popq %rbx
    popq %rbp
    ret
.endm

.macro LABELS names:vararg
    .irp name, \names
    .global bench_\name
bench_\name:
    .endr
.endm

    .global measured_fault_clock
    .balign 16
measured_fault_clock:
    PROLOGUE
    EPILOGUE

// A page without a translation.
    .global measured_fault
    .balign 16
measured_fault:
    PROLOGUE
    LABELS fault_upcall_begin, resume_end, whole_fault_begin, whole_fault_end
    movl (%rsi), %eax
    EPILOGUE

    .global measured_invalid_opcode
    .balign 16
measured_invalid_opcode:
    PROLOGUE
    LABELS invalid_opcode_begin
    ud2
    LABELS invalid_opcode_end
    EPILOGUE

    .global measured_divide
    .balign 16
measured_divide:
    xorl %ecx, %ecx
    PROLOGUE
    LABELS divide_begin
    divl %ecx
    LABELS divide_end
    EPILOGUE

// Writes to each of the protected pages in turn: 4 instructions a page, besides the fault. A region
// must not begin at the loop itself: each turn would begin it anew.
.macro WRITE_TO_EACH
1:  movl %eax, (%rsi)
    addq $4096, %rsi
    decl %ecx
    jnz 1b
.endm

    .global measured_appel1
    .balign 16
measured_appel1:
    PROLOGUE
    LABELS appel1_begin
    movl $PROTECTED_PAGES, %ecx
    WRITE_TO_EACH
    LABELS appel1_end
    EPILOGUE

// Protects all of them in one call first.
    .global measured_appel2
    .balign 16
measured_appel2:
    PROLOGUE
    LABELS appel2_begin
    movq bench_table, %rdi
    shrq $12, %rsi
    movl $PROTECTED_PAGES, %edx
    xorl %r8d, %r8d
    movl $CALL_CHANGE, %eax
    syscall
    movq %rbx, %rsi
    movl $PROTECTED_PAGES, %ecx
    WRITE_TO_EACH
    LABELS appel2_end
    EPILOGUE

// What lies between these two is the cost of a batch of disk reads.
    .global bench_read_depth32_begin, bench_read_depth32_end
    .balign 16
bench_read_depth32_begin:
    ret
    .balign 16
bench_read_depth32_end:
    ret
