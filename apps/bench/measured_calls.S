// apps/bench/measured_calls.S - one system call a function, between the labels that the profiler
// counts from and to.
//
// CallResult measured_NAME(Measurement*, a, b, c, d, e): makes the call and keeps the smallest
// number of ticks seen. `bench_NAME_begin` and `bench_NAME_end` bound the call: the instruction
// that completes the arguments, the number, `syscall`. The time stamp counter is read outside; what
// reading it costs is measured by `measured_clock`, the same frame around nothing.

#include "apps/bench/offsets.hpp"

    .text

.macro PROLOGUE
    pushq %rbp
    pushq %r15
    movq %rdi, %rbp
    movq %rsi, %rdi
    movq %rdx, %rsi
    rdtsc                       // spoils rdx; the third argument is still in rcx
    movl %eax, %r15d
.endm

.macro EPILOGUE
    movl %eax, %r8d             // the call's error and value
    movq %rdx, %r9
    orl %eax, FAILED(%rbp)
    rdtsc
    subl %r15d, %eax
    cmpq %rax, LEAST_TICKS(%rbp)
    jbe 1f
    movq %rax, LEAST_TICKS(%rbp)
1:  movl %r8d, %eax
    movq %r9, %rdx
    popq %r15
    popq %rbp
    ret
.endm

.macro MEASURED_CALL name, number
    .global measured_\name, bench_\name\()_begin, bench_\name\()_end
    .balign 16
measured_\name:
    PROLOGUE
bench_\name\()_begin:
    movq %rcx, %rdx
    movl $\number, %eax
    syscall
bench_\name\()_end:
    EPILOGUE
.endm

    MEASURED_CALL null_call, CALL_NULL
    MEASURED_CALL install, CALL_INSTALL
    MEASURED_CALL remove, CALL_REMOVE
    MEASURED_CALL prot100, CALL_CHANGE
    MEASURED_CALL unprot100, CALL_CHANGE
    MEASURED_CALL batch_install, CALL_PERFORM_TRANSLATIONS
    MEASURED_CALL batch_remove, CALL_PERFORM_TRANSLATIONS
    MEASURED_CALL bind_frames, CALL_BIND_FRAMES
    MEASURED_CALL drop_frames, CALL_DROP_FRAMES
    MEASURED_CALL yield, CALL_YIELD
    MEASURED_CALL switch, CALL_YIELD

// No system call: the libOS's own code, with the call of the function that it is compiled into.
    .global measured_emit, bench_emit_begin, bench_emit_end
    .balign 16
measured_emit:
    PROLOGUE
bench_emit_begin:
    call bench_emit
bench_emit_end:
    EPILOGUE                    // what eax holds here is no error

    .global measured_clock
    .balign 16
measured_clock:
    PROLOGUE                    // what eax holds here is no error: look at the ticks only
    EPILOGUE

// All that the partner of `switch` does: position-independent, copied to a page of its own.
    .global bench_yield_loop, bench_yield_loop_end
    .balign 16
bench_yield_loop:
    xorl %edi, %edi
    xorl %esi, %esi
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    movl $CALL_YIELD, %eax
    syscall
    jmp bench_yield_loop
bench_yield_loop_end:

// It waits for ever; no upcall has an entry.
    .global bench_wait_loop, bench_wait_loop_end
    .balign 16
bench_wait_loop:
    xorl %edi, %edi
1:  xorl %esi, %esi
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    movl $CALL_WAIT, %eax
    syscall
    jmp 1b
bench_wait_loop_end:

// It creates environments from the memory in rdi until something is used up, then waits. The
// request lies at the start of its request area, where `bind_frames` writes capabilities: object
// and root frames first, the frame of the table at 48. The number of table frames is there already.
    .global bench_parent_loop, bench_parent_loop_end
    .balign 16
bench_parent_loop:
    movq %rdi, %rbx
1:  movq %rbx, %rdi
    movq $-1, %rsi
    movl $3, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    movl $CALL_BIND_FRAMES, %eax
    syscall
    movq %rbx, %rdi
    movq $-1, %rsi
    movl $1, %edx
    movl $48, %r8d
    xorl %r9d, %r9d
    movl $CALL_BIND_FRAMES, %eax
    syscall
    xorl %edi, %edi
    xorl %esi, %esi
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    movl $CALL_CREATE_ENVIRONMENT, %eax
    syscall
    testl %eax, %eax
    jz 1b
2:  xorl %edi, %edi
    xorl %esi, %esi
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    movl $CALL_WAIT, %eax
    syscall
    jmp 2b
bench_parent_loop_end:

// One that is asked for a frame and does not give it back. rdi: its request area, where it finds
// its memory, whom to pass the frame on to, two slots there, and a leaf table; at 64 it puts the
// frame, what it became there, and what failed.
    .global bench_refuse_loop, bench_refuse_loop_end
    .balign 16
bench_refuse_loop:
    movq %rdi, %rbx
    movq (%rbx), %rdi
    movq $-1, %rsi
    movl $1, %edx
    movl $64, %r8d
    xorl %r9d, %r9d
    movl $CALL_BIND_FRAMES, %eax
    syscall
    orl %eax, 88(%rbx)
    xorl %r12d, %r12d
1:  movq 64(%rbx), %rdi
    movq 8(%rbx), %rsi
    movq 16(%rbx,%r12,8), %rdx
    movl $ALL_RIGHTS, %r8d
    xorl %r9d, %r9d
    movl $CALL_GRANT, %eax
    syscall
    orl %eax, 88(%rbx)
    movq %rdx, 72(%rbx,%r12,8)
    incl %r12d
    cmpl $2, %r12d
    jne 1b
    xorl %r12d, %r12d
2:  movq 32(%rbx), %rdi
    movq %r12, %rsi
    movq 64(%rbx), %rdx
    movl $ACCESS_WRITE, %r8d
    xorl %r9d, %r9d
    movl $CALL_INSTALL, %eax
    syscall
    orl %eax, 88(%rbx)
    incl %r12d
    cmpl $REFUSED_PAGES, %r12d
    jne 2b
3:  xorl %edi, %edi
    xorl %esi, %esi
    xorl %edx, %edx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    movl $CALL_YIELD, %eax
    syscall
    jmp 3b
bench_refuse_loop_end:
