// apps/poller/start.S - the first instructions: entered with rdi = start information, rsp as after a
// call, upcalls disabled. They stay so: this libOS has no entry points.

    .section .text.start, "ax"
    .global _start
_start:
    xorl %ebp, %ebp
    jmp poller_start

// A fault handler that faults, for `crash`: it reads address 0 on whatever stack it is given.
    .text
    .global poller_faulting_handler
poller_faulting_handler:
    movq 0, %rax
    ud2
