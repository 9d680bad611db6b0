# libos/core/start.S - the first instructions of an application.
#
# The exokernel enters with rdi = start information and rsp = top of the first stack minus 8, as
# after a call; upcalls are disabled. Clearing rbp ends every back trace here.

    .section .text.start, "ax"
    .globl _start
_start:
    xor %ebp, %ebp
    jmp libos_start                 # never returns; the stack is already as after a call
