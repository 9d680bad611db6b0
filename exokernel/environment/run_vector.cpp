// exokernel/environment/run_vector.cpp - passing the processor on, and idling.

#include "exokernel/environment/run_vector.hpp"

#include <bit>
#include <utility>

#include "exokernel/PE/deliver_upcall.hpp"
#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/arch/x86_64/timer.hpp"
#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/environment/end_environment.hpp"
#include "exokernel/memory/system_page.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/support/panic.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

using abi::Error;

namespace {

constinit Environment* positions[run_positions];
constinit std::uint32_t bindings[run_positions]; // that they were given through
constinit std::uint64_t occupied = 0;            // bit per position
constinit bool got_on = false;                   // something that the blocked may wait for
static_assert(run_positions == 64);
constexpr std::uint32_t position_work = 6; // units of taking one from who may be asked

// Nothing is runnable: time passes until the next completion.
void idle() {
    if (!transfers_in_flight())
        stop_machine(abi::Outcome::stuck);
    const std::uint64_t before = time_stamp();
    const std::uint64_t due = first_due();
    // Limits and deadlines count an environment's own time, so only a transfer ends this wait.
    stop_own_time(*processor().environment);
    if (due > before)
        wait_until(due);
    if (due != 0)
        complete_due_transfers();
    else
        wait_for_device();
    const std::uint64_t ticks = time_stamp() - before;
    system_page().idle_ticks += ticks;
    record(abi::Event::idle, ticks, due);
}

// The next runnable environment, from the position behind the current one round to it.
Environment* next_in_turn() {
    settle_blocked();
    std::uint32_t& position = processor().position;
    const std::uint32_t from = (position + 1) % run_positions;
    for (std::uint64_t left = std::rotr(occupied, static_cast<int>(from)); left != 0;
         left &= left - 1) {
        const std::uint32_t at =
            (from + static_cast<std::uint32_t>(std::countr_zero(left))) % run_positions;
        if (positions[at]->state != EnvironmentState::runnable)
            continue;
        position = at;
        return positions[at];
    }
    return nullptr;
}

void switch_to(Environment& next) {
    Environment* const last = processor().environment;
    if (last == &next)
        return;
    stop_own_time(*last);
    record(abi::Event::environment_switched, last->identity, next.identity);
    ++next.pe_page->slices;
}

} // namespace

void run_next() {
    for (;;) {
        bool cleaning = false;
        if (is_any_ending()) {
            let_interrupts_in(); // what led here was a step by itself
            cleaning = clean_up_step();
            if (cleaning) // else what it waits for must not end between here and the halt
                take_interrupts();
        }
        if (Environment* const next = next_in_turn(); next != nullptr) {
            switch_to(*next);
            start_own_time(*next);
            return_to(*next);
        }
        if (!cleaning)
            idle();
    }
}

abi::Result<void> enter_run_vector(Environment& environment, std::uint64_t first,
                                   std::uint64_t count, std::uint32_t through) {
    for (std::uint64_t i = first; i < first + count && i < run_positions; ++i) {
        if (positions[i] != nullptr)
            continue;
        positions[i] = &environment;
        bindings[i] = through;
        occupied |= std::uint64_t{1} << i;
        environment.position = static_cast<std::uint32_t>(i);
        environment.pe_page->slice_position = i;
        return {};
    }
    return std::unexpected(Error::limit_reached);
}

void leave_run_vector(Environment& environment) {
    if (environment.position == not_in_run_vector)
        return;
    positions[environment.position] = nullptr;
    occupied &= ~(std::uint64_t{1} << environment.position);
    environment.position = not_in_run_vector;
}

bool take_positions(const CapabilityEntry& time, std::uint32_t& work) {
    for (std::uint64_t left = occupied; left != 0; left &= left - 1)
        if (const int at = std::countr_zero(left); bindings[at] == reference_of(time)) {
            work += position_work;
            if (work > step_limit)
                return false;
            Environment& environment = *positions[at];
            leave_run_vector(environment);
            expire(environment); // its own time does not pass any more
        }
    return true;
}

void wake_blocked() { got_on = true; }

void settle_blocked() {
    if (!std::exchange(got_on, false))
        return;
    for (std::uint64_t left = occupied; left != 0; left &= left - 1)
        if (Environment& environment = *positions[std::countr_zero(left)];
            environment.state == EnvironmentState::blocked)
            environment.state = EnvironmentState::runnable;
}

void wake_after_transfers() {
    wake_blocked();
    for (std::uint64_t left = occupied; left != 0; left &= left - 1) {
        Environment& environment = *positions[std::countr_zero(left)];
        if (environment.requests_left && environment.in_flight == 0) {
            environment.requests_left = false;
            raise(environment, abi::Entry::io_completion);
        }
    }
}

Reply sys_yield(Call&) { return Reply::leave(); }

Reply sys_yield_to(Call& call) {
    settle_blocked();
    Environment* target = TRY(find_named_environment(call.caller, call.capability0(), 0));
    if (target->state != EnvironmentState::runnable || target->position == not_in_run_vector)
        return std::unexpected(Error::not_present);
    // run_next begins behind the current position.
    processor().position = (target->position + run_positions - 1) % run_positions;
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
