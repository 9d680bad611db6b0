# apps/discontinuities/instructions.S - one function for each discontinuity: the instruction at which
# it happens, between two labels, with every register known.
#
# discontinuity_NAME(const Registers* before): loads every register (but rsp) and the flags from
# `before`, executes the instruction, writes every register and the flags to `registers_after`.
# NAME_at is the address of the instruction, NAME_behind that of the next one. Loading and storing
# change no flag.

    .set save_rsp, 56           # offsets in Registers
    .set save_rflags, 128
    .set plain_flags, 0x202
    .set flags_when_stepped, 0xbd7      # CF PF AF ZF SF OF, and TF (bit 8)
    .set flags_when_aligned, 0x40ad7    # the same, and AC (bit 18) instead
    .set interrupts_seen, 0x100000 + 1024 # PE page: how many interrupts there were

    .bss
    .balign 8
    .globl registers_after
registers_after: .skip 17 * 8

    .macro begin name
    .text
    .globl discontinuity_\name, \name\()_at, \name\()_behind
discontinuity_\name:
    .irp register, rbx, rbp, r12, r13, r14, r15
    push %\register
    .endr
    pushq save_rflags(%rdi)
    popfq
    mov 0(%rdi), %rax
    mov 8(%rdi), %rbx
    mov 16(%rdi), %rcx
    mov 24(%rdi), %rdx
    mov 32(%rdi), %rsi
    mov 48(%rdi), %rbp
    mov 64(%rdi), %r8
    mov 72(%rdi), %r9
    mov 80(%rdi), %r10
    mov 88(%rdi), %r11
    mov 96(%rdi), %r12
    mov 104(%rdi), %r13
    mov 112(%rdi), %r14
    mov 120(%rdi), %r15
    mov 40(%rdi), %rdi
    .endm

    .macro finish name
\name\()_behind:
    mov %rax, registers_after + 0
    mov %rbx, registers_after + 8
    mov %rcx, registers_after + 16
    mov %rdx, registers_after + 24
    mov %rsi, registers_after + 32
    mov %rdi, registers_after + 40
    mov %rbp, registers_after + 48
    mov %rsp, registers_after + save_rsp
    mov %r8, registers_after + 64
    mov %r9, registers_after + 72
    mov %r10, registers_after + 80
    mov %r11, registers_after + 88
    mov %r12, registers_after + 96
    mov %r13, registers_after + 104
    mov %r14, registers_after + 112
    mov %r15, registers_after + 120
    pushfq
    popq registers_after + save_rflags
    pushq $plain_flags
    popfq
    .irp register, r15, r14, r13, r12, rbp, rbx
    pop %\register
    .endr
    ret
    .endm

    begin divide_error          # rcx is 0
divide_error_at:
    div %rcx
    finish divide_error

    begin invalid_opcode
invalid_opcode_at:
    ud2
    finish invalid_opcode

    begin breakpoint
breakpoint_at:
    int3
    finish breakpoint

    begin single_step           # popfq sets the trap flag; the instruction after it is the one
    pushq $flags_when_stepped   # behind which the processor stops
    popfq
single_step_at:
    nop
    finish single_step

    begin privileged            # not for ring 3
privileged_at:
    hlt
    finish privileged

    begin misaligned            # rsi is no multiple of 16
misaligned_at:
    movaps (%rsi), %xmm0
    finish misaligned

    begin alignment_check       # rsi is odd, and with AC set that matters, where it does
    pushq $flags_when_aligned
    popfq
alignment_check_at:
    mov (%rsi), %rdi
    finish alignment_check

    begin page_fault            # rsi is a page that is not there yet
page_fault_at:
    mov (%rsi), %rdi
    finish page_fault

    begin system_call           # rax is 0: the call that does nothing
system_call_at:
    syscall
    finish system_call

# These two wait for something that comes from outside, in a loop that changes no flag: rdx is
# minus the count before, so rcx is 0 until the count has moved.
    begin timer
timer_at:
    mov interrupts_seen, %rcx
    lea (%rcx, %rdx), %rcx
    jrcxz timer_at
    finish timer

    begin completion
completion_at:
    mov completions_seen, %rcx
    lea (%rcx, %rdx), %rcx
    jrcxz completion_at
    finish completion
