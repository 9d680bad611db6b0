// exokernel/arch/x86_64/upcall.S - how a fault in ring 3 becomes an upcall, and how the slow paths
// leave the kernel.
//
// BUILD_UPCALL is the one routine that builds an upcall frame. It is entered with the hardware's
// frame (error rip cs rflags rsp ss) on the stack, all other registers still the interrupted
// program's, GS the kernel's. Steps 1 and 2 of a page fault are this file.
//
// Instructions of a page fault, entry to ring 3: 29. Every one is needed:
//   2 came from ring 3?   1 swapgs   2 scratch register, PE page   2 upcalls enabled?
//   2 entry set?   1 disable upcalls   3 save rax rcx r11   6 move the hardware's frame
//   1 cause   2 CR2   1 counter   4 entry, stack, flags, scrub rdx   2 swapgs, sysret

#include "exokernel/arch/x86_64/offsets.hpp"

    .section .text.entry, "ax"

// area: 0 normal, 1 nested.  kind: page_fault, exception, asynchronous.  vector: a number.
.macro BUILD_UPCALL area, kind, vector
    movl $(\area + 1), PE_UPCALLS_DISABLED(%rdx)
    movq %rax, PE_SAVE + \area * SAVE_SIZE + SAVE_RAX(%rdx)
    movq %rcx, PE_SAVE + \area * SAVE_SIZE + SAVE_RCX(%rdx)
    movq %r11, PE_SAVE + \area * SAVE_SIZE + SAVE_R11(%rdx)
    popq PE_SAVE + \area * SAVE_SIZE + SAVE_RDX(%rdx)
    popq PE_SAVE + \area * SAVE_SIZE + SAVE_ERROR(%rdx)
    popq PE_SAVE + \area * SAVE_SIZE + SAVE_RIP(%rdx)
    addq $8, %rsp
    popq PE_SAVE + \area * SAVE_SIZE + SAVE_RFLAGS(%rdx)
    popq PE_SAVE + \area * SAVE_SIZE + SAVE_RSP(%rdx)
.ifc \kind, page_fault
    movq $(14 << 8 | ENTRY_PAGE_FAULT), PE_SAVE + \area * SAVE_SIZE + SAVE_CAUSE(%rdx)
    movq %cr2, %rax
    movq %rax, PE_SAVE + \area * SAVE_SIZE + SAVE_FAULT_ADDRESS(%rdx)
    incq PE_FAULTS(%rdx)
    movq %gs:ENVIRONMENT_ENTRY_PAGE_FAULT, %rcx
.endif
.ifc \kind, exception
    movq $(\vector << 8 | ENTRY_EXCEPTION), PE_SAVE + \area * SAVE_SIZE + SAVE_CAUSE(%rdx)
    movl $\vector, %eax
    incq PE_EXCEPTIONS(%rdx)
    movq %gs:ENVIRONMENT_ENTRY_EXCEPTION, %rcx
.endif
.ifc \kind, asynchronous
    movq %gs:ENVIRONMENT_CAUSE_ASYNCHRONOUS, %rax
    movq %rax, PE_SAVE + \area * SAVE_SIZE + SAVE_CAUSE(%rdx)
    shrq $8, %rax
    incq PE_UPCALLS(%rdx)
    movq %gs:ENVIRONMENT_ENTRY_ASYNCHRONOUS, %rcx
.endif
.if \area
    movq %gs:ENVIRONMENT_NESTED_STACK, %rsp
.else
    movq %gs:ENVIRONMENT_UPCALL_STACK, %rsp
.endif
    movl $UPCALL_RFLAGS, %r11d
    movl $\area, %edx
    swapgs
    sysretq
.endm

// A fault or exception in ring 3 with nothing between it and its upcall. Missing error codes are
// already pushed as 0.
.macro FAULT kind, entry, vector
    testb $3, 16(%rsp)
    jz in_kernel_\vector
    swapgs
fault_from_user_\vector:
    pushq %rdx
    movq %gs:ENVIRONMENT_PE_PAGE, %rdx
    cmpl $0, PE_UPCALLS_DISABLED(%rdx)
    jne nested_\vector
    cmpq $0, %gs:\entry
    je undeliverable_\vector
    BUILD_UPCALL 0, \kind, \vector
nested_\vector:
    cmpl $1, PE_UPCALLS_DISABLED(%rdx)
    jne undeliverable_\vector
    cmpq $0, %gs:\entry
    je undeliverable_\vector
    BUILD_UPCALL 1, \kind, \vector
undeliverable_\vector:      // no entry point, or both save areas in use: the environment ends
    popq %rdx
    pushq $\vector
    jmp trap_from_user
in_kernel_\vector:
    pushq $\vector
    jmp trap_in_kernel
.endm

// In a kernel that records, the facts are written first, all registers kept. The registers that C++
// may change are pushed below the hardware's frame, in the environment's Registers.
.macro RECORD_FAULT vector
#if FAULTLINE_RECORDING
    testb $3, 16(%rsp)
    jz in_kernel_\vector
    swapgs
    pushq $\vector
    .irp register, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
    pushq %\register
    .endr
    movq %rsp, %rdi
    movq %rsp, %rax
    movq %gs:ENVIRONMENT_STACK_TOP, %rsp
    pushq $2                // DF and AC are the program's
    popfq
    pushq %rax
    subq $8, %rsp
    call record_fault
    addq $8, %rsp
    popq %rsp
    .irp register, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
    popq %\register
    .endr
    addq $8, %rsp
    jmp fault_from_user_\vector
#endif
.endm

.macro EXCEPTION vector, has_error
    .balign 16
fault_\vector:
.if !\has_error
    pushq $0
.endif
    RECORD_FAULT \vector
    FAULT exception, ENVIRONMENT_ENTRY_EXCEPTION, \vector
.endm

.irp vector, 0, 3, 4, 5, 6, 7, 9, 15, 16, 19, 20, 22, 23, 24, 25, 26, 27, 28, 31
    EXCEPTION \vector, 0
.endr
.irp vector, 10, 11, 12, 13, 17, 21, 29, 30
    EXCEPTION \vector, 1
.endr

    .balign 64
fault_14:
    RECORD_FAULT 14
    FAULT page_fault, ENVIRONMENT_ENTRY_PAGE_FAULT, 14

// Interrupts, and the debug exception (single-stepping may stop inside the resume sequence, which
// only the slow path checks): the whole state is saved, then C++ decides.
.macro INTERRUPT name, vector
    .global \name
    .balign 16
\name:
    pushq $0
    testb $3, 16(%rsp)
    jz 1f
    swapgs
    pushq $\vector
    jmp trap_from_user
1:  pushq $\vector
.if \vector < 32
    jmp trap_in_kernel
.endif
    jmp interrupt_in_kernel
.endm
    INTERRUPT fault_1, 1
    INTERRUPT interrupt_timer, 0x40
    INTERRUPT interrupt_disk, 0x41
    INTERRUPT interrupt_processor, 0x42
    INTERRUPT interrupt_spurious, 0xff

// NMI, double fault and machine check have stacks of their own and never return.
.irp vector, 2, 8, 18
fault_\vector:
.if \vector != 8
    pushq $0
.endif
    pushq $\vector
    jmp trap_fatal
.endr

    .section .rodata
    .balign 8
    .global fault_entries
fault_entries:              // by vector
    .irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, \
                 23, 24, 25, 26, 27, 28, 29, 30, 31
    .quad fault_\vector
    .endr
    .section .text.entry, "ax"

// A gate clears TF, IF and NT, but DF and AC are still the program's.
.macro CLEAR_FLAGS
    pushq $2
    popfq
.endm
.macro PUSH_ALL
    .irp register, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    pushq %\register
    .endr
.endm
.macro POP_ALL
    .irp register, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    popq %\register
    .endr
.endm

trap_from_user:             // the environment's Registers are filled from the end
    PUSH_ALL
    movq %rsp, %rdi
    movq %gs:ENVIRONMENT_STACK_TOP, %rsp
    CLEAR_FLAGS
    call handle_trap
    ud2
interrupt_in_kernel:        // only where the kernel lets it: what C++ keeps needs no place
    .irp register, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
    pushq %\register
    .endr
    leaq -48(%rsp), %rdi    // Registers, of which only the hardware's part is filled
    call handle_kernel_interrupt
    .irp register, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
    popq %\register
    .endr
    addq $16, %rsp
    iretq
trap_in_kernel:             // a broken kernel
trap_fatal:                 // GS may still be the program's: nothing behind this uses it
    PUSH_ALL
    movq %rsp, %rdi
    CLEAR_FLAGS
    call handle_fatal_trap
    ud2

// void leave_by_iret(Registers*), leave_by_sysret(Registers*), leave_to_upcall(Registers*, area):
// nothing of the kernel remains in any register.
    .global leave_by_iret, leave_by_sysret, leave_to_upcall
leave_by_iret:
    movq %rdi, %rsp
    POP_ALL
    addq $16, %rsp
    swapgs
    iretq
leave_by_sysret:
    movq %rdi, %rsp
    POP_ALL
    movq 40(%rsp), %rsp
    swapgs
    sysretq
leave_to_upcall:
    movq %rdi, %rsp
    testl %esi, %esi
    jnz 1f
    POP_ALL
    addq $8, %rsp
    pushq %rdx
    movq %gs:ENVIRONMENT_PE_PAGE, %rdx
    BUILD_UPCALL 0, asynchronous, 0
1:  POP_ALL
    addq $8, %rsp
    pushq %rdx
    movq %gs:ENVIRONMENT_PE_PAGE, %rdx
    BUILD_UPCALL 1, asynchronous, 0
