// exokernel/arch/x86_64/kernel_lock.cpp - a ticket lock, and interrupts between processors.
//
// `inside` is set before the lock is asked for and cleared before it is given up, so whoever has
// the lock and finds it clear may send an interrupt and wait: the other processor is in ring 3 or
// in a hot path, and comes. A processor that idles is inside, with no environment loaded.

#include "exokernel/arch/x86_64/kernel_lock.hpp"

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/drivers/local_apic.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

alignas(64) constinit std::uint32_t next_ticket = 1; // the boot has the first
alignas(64) constinit std::uint32_t served = 0;
constinit std::uint32_t owner = 1; // number of who had the lock last, plus 1: the checked kernel's

void interrupt(const Processor& target) {
    ++system_page().processor_interrupts;
    send_interrupt(target.apic_identity, abi::interrupt::processor);
}

void answer_flush(Processor& here) {
    write_cr3(here.root);
    record(Event::shootdown_answered, here.environment->identity, 0);
    __atomic_store_n(&here.flush_wanted, 0, __ATOMIC_RELEASE);
}

void bring_inside(Processor& target) {
    if (target.inside == 0)
        interrupt(target);
    while (target.inside == 0)
        pause();
}

template <class Function> void for_others(Function function) {
    for (std::uint32_t i = 0; i != processor_count; ++i)
        if (&processors[i] != &processor())
            function(processors[i]);
}

// What others wait for or must have done before the next one has the lock: one flush for all that
// was removed.
void settle_for_others() {
    settle_blocked();
    for_others([](Processor& other) {
        if (!other.flush_due) // only looked at: others have the line
            return;
        other.flush_due = other.flush_owed = false;
        other.flush_wanted = 1;
        ++system_page().shootdowns;
        record(Event::shootdown_sent, other.number, other.environment->identity);
        if (other.inside == 0)
            interrupt(other);
    });
    for_others([](const Processor& other) {
        while (other.flush_wanted != 0)
            pause();
    });
}

void serve_next() { __atomic_store_n(&served, served + 1, __ATOMIC_RELEASE); }

} // namespace

void take_lock() {
    Processor& here = processor();
    here.inside = 1;
    const std::uint64_t asked = time_stamp();
    const std::uint32_t ticket = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&served, __ATOMIC_ACQUIRE) != ticket) {
        if (here.flush_wanted != 0)
            answer_flush(here);
        pause(); // where processors take turns, the next one's
    }
    owner = here.number + 1;
    if (here.slice_over) // what others take of its grace it has on top of that
        here.slice_due += time_stamp() - asked;
    start_own_time(*here.environment); // clocks that others have set meanwhile
}

void give_lock_back() {
    settle_for_others();
    processor().inside = 0;
    serve_next();
}

void halt_outside() {
    Processor& here = processor();
    here.halted = 1;
    settle_for_others();
    serve_next();
    // An interrupt that has come since is taken behind the `hlt`, which it ends.
    asm volatile("sti; hlt; cli" : : : "memory");
    take_lock();
    here.halted = 0;
}

bool hold_elsewhere(const Environment& environment) {
    bool runs = false;
    for_others([&](Processor& other) {
        if (other.environment != &environment)
            return;
        bring_inside(other);
        runs = true;
    });
    return runs;
}

void hold_all() { for_others(bring_inside); }

void flush_elsewhere(const Environment& space, bool later) {
    for_others([&](Processor& other) {
        (later ? other.flush_owed : other.flush_due) |= other.environment == &space;
    });
}

void pay_flushes() {
    for_others([](Processor& other) {
        if (other.flush_owed)
            bring_inside(other); // what is cleared next is not written to any more
        other.flush_due |= other.flush_owed;
    });
}

void require_lock() {
    if (FAULTLINE_CHECKED && (owner != processor().number + 1 || processor().inside == 0))
        panic("a change without the lock", owner, processor().number);
}

void require_held(const Environment& environment) {
    require_lock();
    for_others([&](const Processor& other) {
        if (FAULTLINE_CHECKED && other.environment == &environment && other.inside == 0)
            panic("a change beside a hot path", environment.identity, other.number);
    });
}

void alert_processor(std::uint32_t number) {
    Processor& target = processors[number];
    if (&target == &processor() || (target.halted == 0 && target.inside != 0))
        return;
    target.halted = 0;
    interrupt(target);
}

void alert(const Environment& environment) {
    for_others([&](const Processor& other) {
        const bool idles = other.halted != 0 && environment.slices != 0;
        if (other.environment == &environment || (idles && environment.slices_on == other.number))
            alert_processor(other.number);
    });
}

} // namespace exokernel
