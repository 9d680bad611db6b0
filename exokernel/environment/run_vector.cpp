// exokernel/environment/run_vector.cpp - passing the processor on, and idling.

#include "exokernel/environment/run_vector.hpp"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "exokernel/PE/deliver_upcall.hpp"
#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/arch/x86_64/timer.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/environment/end_environment.hpp"
#include "exokernel/support/panic.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

struct RunVector {
    Slice slices[run_positions];
    std::uint64_t occupied; // bit per position
};
constinit RunVector vectors[most_processors]{};
constinit bool got_on = false;             // something that the blocked may wait for
constexpr std::uint32_t position_work = 8; // units of taking one from who may be asked

template <class Function> void for_all(Function function) {
    for (std::uint32_t i = 0; i != processor_count; ++i)
        for (std::uint64_t left = vectors[i].occupied; left != 0; left &= left - 1)
            function(*vectors[i].slices[std::countr_zero(left)].environment);
}

void switch_to(Environment& next) {
    Environment* const last = processor().environment;
    stop_own_time(*last);
    if (processor_count != 1 && may_go_on(*last))
        alert(*last); // the processor that has its slices, had it the rest of another one's
    record(Event::environment_switched, last->identity, next.identity);
}

// Another processor may still have work for this one.
void idle_among_several() {
    if (processor().environment != &processor().nobody)
        switch_to(processor().nobody);
    const bool alone =
        std::ranges::all_of(std::span{processors}.first(processor_count),
                            [](auto& one) { return &one == &processor() || one.halted != 0; });
    if (alone && !transfers_in_flight())
        stop_machine(abi::Outcome::stuck);
    if (processor().disk_fired != 0) // since transfers were looked at last
        return take_interrupts();
    load_environment(processor().nobody);
    rearm_timer();
    const std::uint64_t before = time_stamp();
    halt_outside();
    record(Event::idle, time_stamp() - before, 0);
    take_interrupts();
}

// Nothing is runnable: time passes until the next completion.
void idle() {
    if (processor_count != 1)
        return idle_among_several();
    if (!transfers_in_flight())
        stop_machine(abi::Outcome::stuck);
    const std::uint64_t before = time_stamp();
    const std::uint64_t due = first_due();
    // Limits and deadlines count an environment's own time, so only a transfer ends this wait.
    stop_own_time(*processor().environment);
    if (due > before)
        wait_until(due);
    due != 0 ? complete_due_transfers() : wait_for_device();
    const std::uint64_t ticks = time_stamp() - before;
    system_page().idle_ticks += ticks;
    record(Event::idle, ticks, due);
}

[[gnu::noinline]] bool runs_elsewhere(const Environment& environment) {
    return std::ranges::any_of(std::span{processors}.first(processor_count), [&](auto& one) {
        return &one != &processor() && one.environment == &environment;
    });
}

// Whether it can have this processor: one runs on one at a time.
bool may_run_here(const Environment& environment) {
    return may_go_on(environment) && (processor_count == 1 || !runs_elsewhere(environment));
}

// Who was given the rest of the slice, or else the next runnable environment, from the position
// behind the current one round to it.
Environment* next_in_turn() {
    settle_blocked();
    Processor& here = processor();
    if (here.yielded_to != 0) [[unlikely]] {
        const std::uint32_t to = std::exchange(here.yielded_to, 0);
        Environment* const target = slice_at(to - 1).environment;
        if (!here.slice_over && target != nullptr && may_run_here(*target))
            return target;
    }
    if (here.slice_due != 0)
        end_slice();
    const RunVector& vector = vectors[here.number];
    const std::uint32_t from = (here.position + 1) % run_positions;
    for (std::uint64_t left = std::rotr(vector.occupied, static_cast<int>(from)); left != 0;
         left &= left - 1) {
        const std::uint32_t at =
            (from + static_cast<std::uint32_t>(std::countr_zero(left))) % run_positions;
        if (!may_run_here(*vector.slices[at].environment))
            continue;
        const Slice& slice = vector.slices[at];
        // An endless slice that no other interrupted goes on.
        if (here.position != at || here.slice_owner != slice.environment->identity) {
            here.position = at;
            begin_slice(slice);
        }
        return slice.environment;
    }
    return nullptr;
}

// For who is ending; whether there was something to do.
[[gnu::noinline]] bool clean_up() {
    // Where there are several, another processor may be the one that cleans up.
    if (processor_count != 1 && processor().environment->state == EnvironmentState::ending)
        unload_environment(*processor().environment);
    let_interrupts_in(); // what led here was a step by itself
    const bool cleaning = clean_up_step();
    if (cleaning) // else what it waits for must not end between here and the halt
        take_interrupts();
    return cleaning;
}

} // namespace

void run_next() {
    for (;;) {
        const bool cleaning = is_any_ending() && clean_up();
        if (Environment* const next = next_in_turn(); next != nullptr) {
            if (cleaning) [[unlikely]]
                if (processor_count != 1)
                    wake_blocked(); // and who idles, for the rest of it
            if (processor().environment != next)
                switch_to(*next);
            start_own_time(*next);
            return_to(*next);
        }
        if (!cleaning)
            idle();
    }
}

Slice& slice_at(std::uint64_t position) {
    return vectors[position / run_positions].slices[position % run_positions];
}

void end_slice_at(std::uint64_t position) {
    Processor& its = processors[position / run_positions];
    if (its.position != position % run_positions || its.slice_over)
        return;
    its.slice_due = time_stamp();
    alert_processor(its.number); // whoever it was handed on to
}

void give_slice(std::uint64_t position, const Slice& slice) {
    require_lock();
    const std::uint64_t bit = std::uint64_t{1} << position % run_positions;
    slice_at(position) = slice;
    vectors[position / run_positions].occupied |= bit;
    slice.environment->slices |= bit;
    slice.environment->slices_on = static_cast<std::uint32_t>(position / run_positions);
    somebody_waits = true; // it may have missed that while it had none
    wake_after_transfers();
}

void take_slice(std::uint64_t position) {
    const std::uint64_t bit = std::uint64_t{1} << position % run_positions;
    Environment& environment = *std::exchange(slice_at(position), {}).environment;
    vectors[position / run_positions].occupied &= ~bit;
    environment.slices &= ~bit;
    end_slice_at(position);
    alert(environment); // should it run elsewhere
    if (environment.slices == 0 && environment.state != EnvironmentState::ending)
        expire(environment); // its own time does not pass any more
}

void leave_run_vector(Environment& environment) {
    for (std::uint64_t left = environment.slices; left != 0; left &= left - 1)
        take_slice(environment.slices_on * run_positions +
                   static_cast<std::uint32_t>(std::countr_zero(left)));
}

bool take_positions(const CapabilityEntry& time, std::uint32_t& work) {
    work += static_cast<std::uint32_t>(time.detail / 4);
    for (std::uint64_t i = time.object; i != time.object + time.detail; ++i) {
        if (slice_at(i).environment == nullptr || slice_at(i).through != reference_of(time))
            continue;
        work += position_work;
        if (work > step_limit)
            return false;
        take_slice(i);
    }
    return true;
}

constinit bool somebody_waits = false;

void wake_blocked() { got_on = somebody_waits || processor_count != 1; }

void settle_blocked() {
    if (!std::exchange(got_on, false))
        return;
    somebody_waits = false;
    for_all([](Environment& environment) {
        if (environment.state == EnvironmentState::blocked)
            environment.state = EnvironmentState::runnable;
        somebody_waits |= environment.requests_left;
    });
    // Theirs, and those that clean up.
    for (const Processor& one : std::span{processors}.first(processor_count))
        if (one.halted != 0)
            alert_processor(one.number);
}

void wake_after_transfers() {
    wake_blocked();
    if (!got_on)
        return;
    for_all([](Environment& environment) {
        if (environment.requests_left && environment.in_flight == 0) {
            environment.requests_left = false;
            raise(environment, abi::Entry::io_completion);
        }
    });
}

Reply sys_yield(Call&) { return Reply::leave(); }

Reply sys_yield_to(Call& call) {
    settle_blocked();
    Environment* target = TRY(find_named_environment(call.caller, call.capability0(), 0));
    if (target->slices_on != processor().number) // while it runs here it misses turns there
        TRY(find_named_environment(call.caller, call.capability0(), rights::control));
    if (!may_run_here(*target))
        return std::unexpected(Error::not_present);
    processor().yielded_to = target->slices_on * run_positions +
                             static_cast<std::uint32_t>(std::countr_zero(target->slices)) + 1;
    return Reply::leave();
}

Reply sys_wait(Call& call) {
    if (__atomic_load_n(&call.caller.pe_page->pending, __ATOMIC_ACQUIRE) != 0)
        return 0;
    call.caller.state = EnvironmentState::waiting;
    if (call.caller.revocation.number != 0) [[unlikely]]
        expire_sleeping(call.caller);
    return Reply::leave();
}

} // namespace exokernel
