// apps/discontinuities/interruptions.cpp - page fault, system call, and the two interrupts.

#include "apps/discontinuities/experiments.hpp"
#include "apps/discontinuities/instructions.hpp"
#include "apps/discontinuities/observer.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/core/upcall_limit.hpp"

namespace discontinuities {

namespace {

// A limit on the length of upcalls makes the exokernel look every so often, by the timer.
constexpr std::uint64_t timer_interval = 100'000;

Discontinuity completion{
    .key = "completion", .name = "disk completion", .instruction = DISCONTINUITY(completion)};

// The waiting loops count in rcx; all else stays.
void check_loop(Discontinuity& it) {
    Registers expected = it.before;
    expected.rcx = it.after.rcx;
    it.registers_right = it.after.rcx != 0 && it.after.rsp == it.rsp &&
                         ((it.rflags ^ it.before.rflags) & all_flags) == 0 &&
                         equal(it.after, expected, all_flags);
}

// The second thread: computes until the first one's read is complete.
void compute(std::uint64_t) {
    completion.before = patterns();
    completion.before.rdx = 0 - observer::completions();
    observer::expect_completion(completion);
    completion.instruction.execute(&completion.before);
    completion.after = registers_after;
    check_loop(completion);
}

} // namespace

PageFault page_fault(const std::byte* page) {
    Discontinuity it{.key = "page_fault",
                     .name = "page fault",
                     .instruction = DISCONTINUITY(page_fault),
                     .before = patterns()};
    it.before.rsi = reinterpret_cast<std::uint64_t>(page);
    libos::Thread* const other = libos::threads::create(compute, 0);
    observer::expect_page_fault(it);
    it.instruction.execute(&it.before);
    it.after = registers_after;
    libos::threads::join(other);
    observer::expect_nothing();
    Registers expected = it.before;
    __builtin_memcpy(&expected.rdi, page, 8);
    const bool executed = it.after.rdi == expected.rdi;
    if (!executed) // then the pager did not let it try again
        it.resumed_rip = 0;
    it.registers_right =
        it.registers_right && it.after.rsp == it.rsp && equal(it.after, expected, all_flags);
    return {it, completion};
}

// `syscall` saves rip in rcx and the flags in r11, and nothing else.
Discontinuity system_call() {
    Discontinuity it{.key = "system_call",
                     .name = "system call",
                     .instruction = DISCONTINUITY(system_call),
                     .before = patterns()};
    it.before.rax = static_cast<std::uint64_t>(abi::Call::null);
    it.instruction.execute(&it.before);
    it.after = registers_after;
    it.happened = true;
    it.rip = it.resumed_rip = it.after.rcx;
    it.rflags = it.after.r11;
    // The other registers are unspecified after a call.
    Registers expected = it.after;
    expected.rax = 0;
    expected.rbx = it.before.rbx;
    expected.rbp = it.before.rbp;
    expected.r12 = it.before.r12;
    expected.r13 = it.before.r13;
    expected.r14 = it.before.r14;
    expected.r15 = it.before.r15;
    expected.rflags = it.before.rflags;
    it.registers_right =
        equal(it.after, expected, all_flags) && ((it.rflags ^ it.before.rflags) & all_flags) == 0;
    return it;
}

Discontinuity timer() {
    Discontinuity it{
        .key = "timer", .name = "timer", .instruction = DISCONTINUITY(timer), .before = patterns()};
    const libos::UpcallLimitPaused paused; // there is one limit: it is ours now
    it.before.rdx = 0 - libos::processor_environment().interrupted.count;
    libos::system_call::disregard(libos::system_call::set_limit({}, timer_interval));
    it.instruction.execute(&it.before);
    it.after = registers_after;
    observer::take_interrupt(it);
    libos::system_call::disregard(libos::system_call::set_limit({}, 0));
    it.resumed_rip = it.rip; // the loop went on, or this would not be reached
    check_loop(it);
    return it;
}

} // namespace discontinuities
