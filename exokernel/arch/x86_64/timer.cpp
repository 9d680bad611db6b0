// exokernel/arch/x86_64/timer.cpp - arming the local timer, and waiting in a halt.

#include "exokernel/arch/x86_64/timer.hpp"

#include <algorithm>

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/drivers/local_apic.hpp"

namespace exokernel {

namespace {

constexpr std::uint64_t longest = 0xffff'ffff;

} // namespace

void rearm_timer() {
    Processor& here = processor();
    const Environment& running = *here.environment;
    const std::uint64_t transfer = is_interrupted_by_disk(here) ? first_due() : 0;
    // The earliest of these times, of which 0 is never: one less than that is later than all.
    const std::uint64_t due =
        std::min({running.limit.due() - 1, running.revocation.deadline.due() - 1, transfer - 1,
                  here.slice_due - 1}) +
        1;
    if (due == here.timer_due)
        return;
    here.timer_due = due;
    if (due == 0) {
        set_timer(0);
        return;
    }
    const std::uint64_t now = time_stamp();
    std::uint64_t ticks = due > now ? due - now : 1;
    if (timer_ratio() != 1024) [[unlikely]]
        ticks = (ticks * timer_ratio() >> 10) + 1;
    set_timer(static_cast<std::uint32_t>(ticks < longest ? ticks : longest));
}

void disarm_timer() {
    if (processor().timer_due == 0)
        return;
    processor().timer_due = 0;
    set_timer(0);
    // It may have fired while interrupts were off: take that interrupt now, at a fixed place, and
    // not together with the device's, whose moment the host decides.
    let_interrupts_in();
}

void wait_until(std::uint64_t due) {
    constexpr std::uint64_t margin = 2048; // the halt ends this much early
    Processor& here = processor();
    disarm_timer();
    if (const std::uint64_t now = time_stamp(); due > now + 2 * margin) {
        here.timer_fired = 0;
        const std::uint64_t ticks = due - margin - now;
        set_timer(static_cast<std::uint32_t>(ticks < longest ? ticks : longest));
        halt_until(here.timer_fired);
    }
    // One byte and one instruction each: the jump leaves exactly as many no-operations as there
    // are ticks left; the instructions around it are the same each time.
    std::uint64_t scratch;
    asm volatile("1:\trdtsc\n\t"
                 "shlq $32, %%rdx\n\t"
                 "orq %%rdx, %%rax\n\t"
                 "movq %1, %0\n\t"
                 "subq %%rax, %0\n\t"
                 "jbe 3f\n\t"
                 "cmpq $64, %0\n\t"
                 "ja 1b\n\t"
                 "negq %0\n\t"
                 "leaq 2f(%0), %0\n\t"
                 "jmp *%0\n\t"
                 ".fill 64, 1, 0x90\n"
                 "2:\n"
                 "3:"
                 : "=&r"(scratch)
                 : "r"(due)
                 : "rax", "rdx", "cc");
}

void halt_until(volatile std::uint32_t& flag) {
    while (flag == 0)
        // sti takes effect after the next instruction: no interrupt is lost between them, and the
        // halt is always executed, so that the instruction count does not depend on the host.
        asm volatile("sti; hlt; cli" : : : "memory");
    flag = 0;
}

} // namespace exokernel
