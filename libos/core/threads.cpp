// libos/core/threads.cpp - the scheduler: who runs next, and what moves when threads switch.
//
// A thread's registers lie in its control block while it does not run. The running thread's lie
// in save area 0 as soon as it is interrupted or gives up the processor (upcall.S).

#include "libos/core/threads.hpp"

#include "libos/core/address_space.hpp"
#include "libos/core/fpu.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"
#include "libos/schedulers/scheduler_table.hpp"
#include "libos/vm/pager_types.hpp"

extern "C" {
void libos_thread_begin();
void libos_switch_away();
bool (*libos_switch_threads)();
}

namespace libos::threads {

using recording::Recording;

Thread* current = nullptr;

namespace {

constexpr std::uint64_t first_flags = 0x202; // interrupts on, as ever in ring 3
Thread first_thread;
Thread last_thread; // of abandon_all_for
alignas(16) std::byte last_stack[16384];
constinit Scheduler scheduler = schedulers[0];
std::uint64_t running_since = 0; // for a scheduler that counts; 0: nobody runs
Thread* fpu_owner = nullptr;     // whose FPU state is in the processor
std::uint64_t alive_count = 1;
std::uint32_t next_id = 2;
bool has_pager = false;
std::uint64_t pool_frames = 0; // of the pager

void prepare(Thread& thread, Function function, std::uint64_t argument, std::uint64_t stack_top) {
    thread.state = {};
    thread.state.rip = reinterpret_cast<std::uint64_t>(libos_thread_begin);
    thread.state.rsp = stack_top;
    thread.state.rflags = first_flags;
    thread.state.rbx = reinterpret_cast<std::uint64_t>(function);
    thread.state.r12 = argument;
}

/// The first words of a save area are the registers; the rest says what the upcall was about.
void copy_state(abi::SaveArea& to, const abi::SaveArea& from) {
    to.r11 = from.r11;
    to.rcx = from.rcx;
    to.rdx = from.rdx;
    to.rax = from.rax;
    to.rflags = from.rflags;
    to.rsp = from.rsp;
    to.rip = from.rip;
    to.rbx = from.rbx;
    to.rbp = from.rbp;
    to.rsi = from.rsi;
    to.rdi = from.rdi;
    to.r8 = from.r8;
    to.r9 = from.r9;
    to.r10 = from.r10;
    to.r12 = from.r12;
    to.r13 = from.r13;
    to.r14 = from.r14;
    to.r15 = from.r15;
}

std::uint64_t now() { return __builtin_ia32_rdtsc(); }

/// The thread that runs is charged for the time that it had, once.
void charge() {
    if (scheduler.used != nullptr && current != nullptr && running_since != 0)
        scheduler.used(*current, now() - running_since);
    running_since = 0;
}

bool handle_slice_begin(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    running_since = now();
    return false;
}

/// The exokernel comes back from `yield` when the next slice has begun.
bool handle_slice_end(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    charge();
    if (current != nullptr && current->status != Thread::State::ended)
        scheduler.add(*current);
    system_call::disregard(system_call::yield());
    return true;
}

/// Called by upcall.S: the running thread's state is in save area 0, the next one's shall be.
/// False: there is none.
template <Recording recording> bool switch_threads() {
    abi::SaveArea& area = processor_environment().save[0];
    charge();
    Thread* const from = current;
    auto* const to = static_cast<Thread*>(scheduler.take());
    if (to != from) {
        if (from != nullptr && from->status != Thread::State::ended)
            copy_state(from->state, area);
        if (to != nullptr) {
            copy_state(area, to->state);
            if (to->fpu != nullptr && to != fpu_owner) {
                if (fpu_owner != nullptr && fpu_owner->status != Thread::State::ended)
                    fpu::save(fpu_owner->fpu);
                fpu::restore(to->fpu);
                fpu_owner = to;
            }
        }
        if constexpr (recording == Recording::on)
            recording::emit<abi::Event::thread_switched>(from == nullptr ? 0 : from->id,
                                                         to == nullptr ? 0 : to->id);
        current = to;
    }
    if (to == nullptr)
        return false;
    if (scheduler.used != nullptr)
        running_since = now();
    if (to->faulted)
        note_resumed<recording>(*to);
    return true;
}

} // namespace

template <Recording recording> void note_resumed(Thread& thread) {
    thread.faulted = false;
    if (thread.fresh_pin != nullptr) {
        --*thread.fresh_pin;
        thread.fresh_pin = nullptr;
    }
    if constexpr (recording == Recording::on) {
        const abi::SaveArea& area = processor_environment().save[0];
        recording::emit<abi::Event::thread_resumed>(
            thread.sequence, thread.id, area.rip, area.rsp,
            (address_range::regions >> abi::page_shift) + thread.page, area.rflags, 1);
    }
}
template void note_resumed<Recording::on>(Thread&);
template void note_resumed<Recording::off>(Thread&);

void start(Recording recording) {
    libos_switch_threads =
        recording == Recording::on ? switch_threads<Recording::on> : switch_threads<Recording::off>;
    fpu::start();
    first_thread.id = 1;
    first_thread.stack = abi::layout::first_stack;
    first_thread.stack_pages = abi::layout::first_stack_pages;
    first_thread.fpu = fpu::new_state();
    current = fpu_owner = &first_thread;
}

void expect(std::uint64_t threads) {
    if (threads > limit)
        fail(abi::Error::limit_reached, "libos: no more than {} threads can live at a time", limit);
    if (has_pager && minimum_frames(threads) > pool_frames)
        fail(abi::Error::no_memory,
             "libos: {} threads (the first one counts) need at least {} frames, and there are {}; "
             "say `--frames {}` or use fewer threads",
             threads, minimum_frames(threads), pool_frames, minimum_frames(threads));
}

Thread* create(Function function, std::uint64_t argument, std::uint64_t stack_pages) {
    expect(alive_count + 1);
    auto* const thread = new (heap::allocate(sizeof(Thread))) Thread{};
    thread->id = next_id++;
    thread->fpu = fpu::new_state();
    thread->stack = heap::allocate_pages(stack_pages);
    thread->stack_pages = stack_pages;
    prepare(*thread, function, argument, thread->stack + stack_pages * abi::page_size);
    ++alive_count;
    const UpcallsDisabled guard;
    make_runnable(*thread);
    return thread;
}

void make_runnable(Thread& thread) {
    thread.status = Thread::State::ready;
    scheduler.add(thread);
}

void use(const Scheduler& other) { scheduler = other; }

void share_slices(std::uint64_t ticks) {
    libos_handle_slice_begin = handle_slice_begin;
    libos_handle_slice_end = handle_slice_end;
    set_entry(abi::Entry::slice_begin, libos_entry_slice_begin);
    set_entry(abi::Entry::slice_end, libos_entry_slice_end);
    if (ticks == 0)
        return;
    const auto result = system_call::bind_slice({}, start_information().processor_time,
                                                processor_environment().slice_position, ticks);
    if (!result)
        fail(result.error(), "libos: a slice of {} instructions at position {} is refused: {}",
             ticks, processor_environment().slice_position, name_of(result.error()));
}

void yield() {
    disable_upcalls();
    charge();
    if (current->status != Thread::State::ended) // the run has failed meanwhile
        make_runnable(*current);
    libos_switch_away();
}

void block() {
    current->status = Thread::State::blocked;
    libos_switch_away();
}

void join(Thread* thread) {
    disable_upcalls();
    if (thread->status == Thread::State::ended) {
        enable_upcalls();
    } else {
        current->next_joiner = thread->joiners;
        thread->joiners = current;
        block();
    }
    // Its stack and its state area stay with the libOS: they are whole pages.
    heap::release(thread, sizeof(Thread));
}

void exit() {
    disable_upcalls();
    current->status = Thread::State::ended;
    --alive_count;
    for (Thread* joiner = current->joiners; joiner != nullptr;) {
        Thread* const next = joiner->next_joiner;
        make_runnable(*joiner);
        joiner = next;
    }
    if (fpu_owner == current)
        fpu_owner = nullptr;
    libos_switch_away();
    __builtin_unreachable();
}

bool any_runnable() { return scheduler.any(); }
std::uint64_t alive() { return alive_count; }

void set_pool(std::uint64_t frames) {
    has_pager = true;
    pool_frames = frames;
}

void abandon_all_for(Function function) {
    while (scheduler.take() != nullptr) {
    }
    if (current != nullptr)
        current->status = Thread::State::ended;
    fpu_owner = nullptr;
    last_thread.id = next_id++;
    prepare(last_thread, function, 0,
            reinterpret_cast<std::uint64_t>(last_stack + sizeof(last_stack)));
    make_runnable(last_thread);
}

} // namespace libos::threads

extern "C" [[noreturn]] void libos_thread_returned() { libos::threads::exit(); }
