// apps/bench/start.S - the first instructions: entered with rdi = start information, rsp as after a
// call, upcalls disabled. The libOS's own start-up is left out, so that nothing but the kernel and
// the measured code runs.

    .section .text.start, "ax"
    .global _start
_start:
    xorl %ebp, %ebp
    jmp bench_start
