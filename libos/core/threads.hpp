// libos/core/threads.hpp - the libOS's user-level threads: one processor, no time slices.
//
// A thread runs until it faults, yields, joins or ends; a completion makes threads runnable but
// takes the processor from nobody. Runnable threads take turns in the order in which they became
// so: the same run switches at the same places. With none runnable the libOS waits in the
// exokernel, with upcalls enabled. FPU state moves only when another thread really takes over.

#pragma once

#include <cstdint>

#include "bindings/abi/processor_environment.hpp"
#include "libos/core/record.hpp"
#include "libos/vm/faulting_thread.hpp"

namespace libos {

struct Thread : FaultingThread {
    enum class State : std::uint8_t { ready, blocked, ended };
    abi::SaveArea state{}; // registers, while it does not run
    std::byte* fpu = nullptr;
    std::uint64_t stack = 0; // its lowest page; the one below that is not mapped
    std::uint64_t stack_pages = 0;
    Thread* next = nullptr; // in the list of runnable threads, or of joiners
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
