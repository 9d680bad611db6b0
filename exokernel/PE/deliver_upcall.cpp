// exokernel/PE/deliver_upcall.cpp - which save area an upcall uses, and whether there is one.
//
// The frame itself is built in one place, BUILD_UPCALL of arch/x86_64/upcall.S. While upcalls are
// disabled, asynchronous ones stay pending. An asynchronous upcall that arrives in the registered
// resume sequence finds upcalls enabled but save area 0 still needed: it takes area 1.

#include "exokernel/PE/deliver_upcall.hpp"

#include <bit>

#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/arch/x86_64/exit_path.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/arch/x86_64/timer.hpp"
#include "exokernel/environment/end_environment.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/recording/record.hpp"

extern "C" {
[[noreturn]] void leave_by_iret(exokernel::Registers*);
[[noreturn]] void leave_by_sysret(exokernel::Registers*);
[[noreturn]] void leave_to_upcall(exokernel::Registers*, unsigned area);
}

namespace exokernel {

namespace {

bool in_resume_range(const Environment& environment) {
    return environment.registers.rip >= environment.resume_begin &&
           environment.registers.rip < environment.resume_end;
}

[[noreturn]] void enter(Environment& environment, abi::Entry entry, std::uint64_t vector,
                        unsigned area) {
    const auto slot = static_cast<std::uint32_t>(entry);
    environment.entry_asynchronous = environment.entries[slot];
    environment.cause_asynchronous = vector << 8 | slot;
    record(Event::upcall, slot, environment.entries[slot], area,
           offsetof(abi::ProcessorEnvironmentPage, save) + area * sizeof(abi::SaveArea),
           sizeof(abi::SaveArea), area == 0 ? environment.upcall_stack : environment.nested_stack,
           area + 1, environment.pe_page->pending);
    leave_kernel();
    leave_to_upcall(&environment.registers, area);
}

// The pending entry to deliver: the lowest number that has an entry point.
std::uint32_t pending_entry(const Environment& environment) {
    std::uint32_t pending = __atomic_load_n(&environment.pe_page->pending, __ATOMIC_ACQUIRE);
    while (pending != 0) {
        const auto slot = static_cast<std::uint32_t>(std::countr_zero(pending));
        if (environment.entries[slot] != 0)
            return slot;
        pending &= pending - 1;
    }
    return abi::entry_slots;
}

} // namespace

std::expected<unsigned, EndReason> save_area(const Environment& environment, abi::Entry entry,
                                             bool in_sequence) {
    if (environment.entries[static_cast<unsigned>(entry)] == 0)
        return std::unexpected(EndReason::no_entry);
    const std::uint32_t disabled = environment.pe_page->upcalls_disabled;
    if (disabled > 1 || (disabled == 1 && in_sequence))
        return std::unexpected(EndReason::nested_too_deep);
    return disabled == 1 || in_sequence ? 1 : 0;
}

void return_to(Environment& environment) {
    load_environment(environment);
    rearm_timer();
    environment.registers.rflags = user_rflags(environment.registers.rflags);
    environment.registers.rip = canonical(environment.registers.rip);
    if (environment.pe_page->pending != 0 && environment.pe_page->upcalls_disabled == 0) {
        const std::uint32_t slot = pending_entry(environment);
        if (slot != abi::entry_slots) {
            // The bit is cleared here: the upcall is the notice.
            __atomic_fetch_and(&environment.pe_page->pending, ~(1u << slot), __ATOMIC_RELEASE);
            environment.registers.error = 0;
            enter(environment, static_cast<abi::Entry>(slot), 0,
                  in_resume_range(environment) ? 1 : 0);
        }
    }
    const Registers& state = environment.registers;
    const bool by_sysret = state.vector == vector_system_call && may_use_sysret(state);
    if (!by_sysret)
        record(Event::resumed_by_iret, state.rip, state.rflags, state.rsp, state.vector);
    leave_kernel();
    by_sysret ? leave_by_sysret(&environment.registers) : leave_by_iret(&environment.registers);
}

void deliver_exception(Environment& environment) {
    load_environment(environment);
    const auto area = save_area(environment, abi::Entry::exception, in_resume_range(environment));
    const Registers& saved = environment.registers;
    record(Event::exception, saved.vector, saved.error, saved.rip, saved.rsp, saved.rflags, 0,
           saved.rflags >> 9 & 1, 0, area.value_or(1), environment.identity,
           physical_of(environment.pe_page) >> 12);
    if (!area) {
        end_environment(environment, area.error(), 0);
        run_next();
    }
    rearm_timer();
    enter(environment, abi::Entry::exception, saved.vector, *area);
}

} // namespace exokernel
