// exokernel/environment/slice.cpp - system calls `bind_slice` and `drop_slice`, and how a slice
// ends.
//
// A libOS that has a `slice_end` entry is told when its slice is over, and has `slice_grace` ticks
// to save what it wants. What it uses past the end is excess time, which its next slices are
// shorter by. (Engler, Kaashoek, O'Toole: "Exokernel", SOSP 1995, section 5.1.1.)

#include <algorithm>
#include <utility>

#include "exokernel/environment/run_vector.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

void begin_slice(const Slice& slice) {
    Processor& here = processor();
    Environment& environment = *slice.environment;
    const std::uint64_t forfeited = std::min(environment.excess, slice.length / 2);
    environment.excess -= forfeited;
    const std::uint64_t ticks = slice.length - forfeited;
    ++environment.pe_page->slices;
    environment.pe_page->slice_length = ticks;
    environment.pe_page->slice_position = here.number * run_positions + here.position;
    here.slice_due = ticks == 0 ? 0 : time_stamp() + ticks;
    here.slice_owner = environment.identity;
    if (ticks != 0)
        record(Event::slice_begun, environment.pe_page->slice_position, ticks);
    if (environment.entries[static_cast<unsigned>(abi::Entry::slice_begin)] != 0)
        raise(environment, abi::Entry::slice_begin);
}

void end_slice() {
    Processor& here = processor();
    const std::uint64_t due = std::exchange(here.slice_due, 0);
    const std::uint32_t identity = std::exchange(here.slice_owner, 0);
    Environment* const owner = slice_at(here.number * run_positions + here.position).environment;
    const std::uint64_t now = time_stamp();
    const bool over = std::exchange(here.slice_over, false);
    // Who has handed the rest of its slice on answers for it.
    if (owner == nullptr || owner->identity != identity)
        return;
    owner->overruns = now < due ? 0 : owner->overruns;
    const std::uint64_t excess = over ? now - (due - abi::slice_grace) : 0;
    owner->excess += excess;
    owner->pe_page->excess_time += excess;
    if (over)
        record(Event::slice_overrun, owner->identity, excess);
}

bool check_slice(Environment& environment) {
    Processor& here = processor();
    if (here.slice_due == 0 || time_stamp() < here.slice_due)
        return false;
    if (environment.entries[static_cast<unsigned>(abi::Entry::slice_end)] == 0 && !here.slice_over)
        return true;
    if (!here.slice_over) {
        here.slice_over = true;
        here.slice_due = time_stamp() + abi::slice_grace;
        raise(environment, abi::Entry::slice_end);
        return false;
    }
    const std::uint32_t position = here.number * run_positions + here.position;
    if (slice_at(position).environment == &environment &&
        ++environment.overruns == abi::most_overruns) {
        take_slice(position);
        tell_lost(environment, {{}, Kind::processor_time, position, 0, no_slot}, 0);
    }
    return true;
}

Reply sys_bind_slice(Call& call) {
    Environment* target = TRY(find_environment(call.caller, call.capability0(), rights::control));
    CapabilityEntry* time =
        TRY(find_binding(call.caller, call.capability1(), Kind::processor_time, rights::control));
    const std::uint64_t position = call.argument2();
    if (position - time->object >= time->detail || call.argument3() < abi::least_slice ||
        call.argument3() > abi::longest_slice)
        return std::unexpected(Error::out_of_range);
    const Slice& slice = slice_at(position);
    if (slice.environment != nullptr && slice.environment != target)
        return std::unexpected(Error::occupied);
    if (target->slices != 0 && target->slices_on != position / run_positions)
        return std::unexpected(Error::busy);
    end_slice_at(position);
    give_slice(position, {target, call.argument3(), reference_of(*time)});
    record(Event::slice_bound, target->identity, position, call.argument3());
    return 0;
}

} // namespace exokernel
