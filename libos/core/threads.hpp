// libos/core/threads.hpp - the libOS's user-level threads, on one processor.
//
// A thread runs until it faults, yields, joins or ends, and, once `share_slices` was called, until
// the libOS's slice is over: its processor comes back to the libOS by upcall each time (Anderson
// et al., "Scheduler Activations", SOSP 1991), and a scheduler says who is next. A completion makes
// threads runnable but takes the processor from nobody. The same run switches at the same places.
// With none runnable the libOS waits in the exokernel, with upcalls enabled. FPU state moves only
// when another thread really takes over. Where upcalls are disabled the end of a slice waits, for
// slice_grace ticks at most: who preempts a thread never finds the libOS half changed.

#pragma once

#include <cstdint>

#include "bindings/abi/processor_environment.hpp"
#include "libos/core/record.hpp"
#include "libos/schedulers/scheduler.hpp"
#include "libos/vm/faulting_thread.hpp"

namespace libos {

struct Thread : Schedulable, FaultingThread {
    enum class State : std::uint8_t { ready, blocked, ended };
    abi::SaveArea state{}; // registers, while it does not run
    std::byte* fpu = nullptr;
    std::uint64_t stack = 0; // its lowest page; the one below that is not mapped
    std::uint64_t stack_pages = 0;
    Thread* next_joiner = nullptr;
    Thread* joiners = nullptr;
    State status = State::ready;
};

namespace threads {

inline constexpr std::uint32_t limit = 32; // threads alive, the first included
using Function = void (*)(std::uint64_t argument);

/// Makes the running program the first thread, number 1 (0 stands for idling).
void start(recording::Recording recording);

/// A new thread that will run function(argument). Ends the run with a message if there are too
/// many, or if the pager has too few frames for so many.
Thread* create(Function function, std::uint64_t argument, std::uint64_t stack_pages = 4);

/// Says that so many threads, the caller included, will live at a time. Ends the run with a message
/// if the pager has too few frames for them: better at once than with the last of them.
void expect(std::uint64_t threads);

/// From now on `scheduler` says who is next. Before other threads are created.
void use(const Scheduler& scheduler);

/// The libOS gives its processor up when its slice is over, and the thread that ran takes its turn
/// like the others. `ticks`: binds the slice that the libOS runs in with this length (the authority
/// is the libOS's processor time); 0: it is one that its creator has given it. Ends the run with a
/// message if that is refused. The libOS itself works with upcalls disabled for 220,000
/// instructions when its recording ring grows: slices of 50,000 or more are not lost by that.
void share_slices(std::uint64_t ticks);

/// Lets the other runnable threads run.
void yield();

/// Waits until `thread` has ended; once for each thread created. It is gone afterwards.
void join(Thread* thread);

/// Ends the calling thread.
[[noreturn]] void exit();

/// Puts the calling thread aside until make_runnable. Upcalls are disabled by the caller, so that
/// nothing gets between its decision and this; they are enabled when it returns.
void block();

/// Puts a thread that waits at the end of the runnable ones. Upcalls are disabled.
void make_runnable(Thread& thread);

bool any_runnable();
std::uint64_t alive();

/// The running thread; null while idling. In a handler: the interrupted one.
extern Thread* current;

/// A handler lets the interrupted thread go on after its fault: step 8.
template <recording::Recording recording> void note_resumed(Thread& thread);

/// Forgets all threads and makes one that runs function(0) next. Only from a handler.
void abandon_all_for(Function function);

/// The pager has so many frames, which limits the threads that it can serve.
void set_pool(std::uint64_t frames);

} // namespace threads
} // namespace libos
