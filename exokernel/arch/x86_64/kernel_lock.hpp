// exokernel/arch/x86_64/kernel_lock.hpp - one lock for every path of the kernel that takes its
// time, and what is done to processors that run an environment meanwhile.
//
// A hot path takes no lock: with interrupts off it changes what belongs to the environment that
// runs it, and nobody else does. Whoever has the lock and is about to change what belongs to
// another one first brings the processor that runs it into the kernel, where it waits for the lock.
// Why one lock is enough for a kernel this small: Peters, Danis, Elphinstone and Heiser, "For a
// microkernel, a big lock is fine" (APSys 2015).

#pragma once

#include "exokernel/arch/x86_64/processor.hpp" // IWYU pragma: export

namespace exokernel {

/// Takes the lock, in the order of asking: first thing on every path but the hot ones. While it
/// waits the processor flushes its TLB when it is asked to.
void take_lock();
[[gnu::always_inline]] inline void enter_kernel() {
    if (processor_count != 1)
        take_lock();
}

/// Gives the lock back: last thing before an environment goes on. By then every TLB that was to be
/// flushed is.
void give_lock_back();
[[gnu::always_inline]] inline void leave_kernel() {
    if (processor_count != 1)
        give_lock_back();
}

/// Gives the lock back until an interrupt comes.
void halt_outside();

/// Until the lock is given back, no hot path of `environment` (of any environment) runs on another
/// processor. Returns whether one has it loaded. Cost: an interrupt and its answer, if so.
bool hold_elsewhere(const Environment& environment);
inline bool hold(const Environment& environment) {
    return processor_count != 1 && hold_elsewhere(environment);
}
void hold_all();

/// Another processor that runs `space` flushes its TLB, before the lock is given back; or `later`:
/// when it loads another address space, or before anything that a TLB may lead to changes hands.
void flush_elsewhere(const Environment& space, bool later = false);
/// Something does: what was put off is flushed before the lock is given back.
void pay_flushes();

/// In the checked kernel: panics unless this processor has the lock; and, where hot paths of
/// `environment` read what is about to change, unless it is held as well.
void require_lock();
void require_held(const Environment& environment);

/// Has the processor look at `environment` anew, if that is another one which runs it or idles.
void alert(const Environment& environment);
/// The same for a processor, whatever it runs.
void alert_processor(std::uint32_t number);

} // namespace exokernel
