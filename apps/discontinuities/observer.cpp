// apps/discontinuities/observer.cpp - notes what the exokernel left in the save area and the PE
// page, at the moment at which the libOS is entered.

#include "apps/discontinuities/observer.hpp"

#include "libos/core/exceptions.hpp"
#include "libos/core/upcall.hpp"

extern "C" {
std::uint64_t completions_seen = 0; // instructions.S reads it
}

namespace discontinuities::observer {

namespace {

Discontinuity* exception = nullptr;
Discontinuity* page_fault = nullptr;
Discontinuity* completion = nullptr;
Repair repair = nullptr;
LibosHandler pager_page_fault = nullptr;
LibosHandler pager_completion = nullptr;

// What was saved must be the program as it was before; the instruction has had no effect yet, or,
// behind a trap, none on registers.
bool holds(const abi::SaveArea& area, const Registers& before) {
    const Registers saved{area.rax, area.rbx, area.rcx, area.rdx, area.rsi,   area.rdi,
                          area.rbp, area.rsp, area.r8,  area.r9,  area.r10,   area.r11,
                          area.r12, area.r13, area.r14, area.r15, area.rflags};
    return equal(saved, before, all_flags & ~trap_flag);
}

void note(Discontinuity& it, const abi::SaveArea& area) {
    it.happened = it.by_upcall = true;
    it.entry = static_cast<abi::Entry>(area.cause & 0xff);
    it.has_vector = !it.asynchronous;
    it.vector = area.cause >> 8;
    it.error = area.error;
    it.rip = it.resumed_rip = area.rip;
    it.rflags = area.rflags;
    it.rsp = area.rsp;
}

libos::ExceptionAnswer handle(std::uint64_t, abi::SaveArea& state) {
    if (exception == nullptr)
        return libos::ExceptionAnswer::unhandled;
    note(*exception, state);
    exception->registers_right = holds(state, exception->before);
    repair(state, exception->instruction);
    exception->resumed_rip = state.rip;
    return libos::ExceptionAnswer::resume;
}

bool see_page_fault(abi::SaveArea& area, std::uint64_t address, std::uint64_t save_area) {
    if (page_fault != nullptr && !page_fault->happened) {
        note(*page_fault, area);
        page_fault->address = area.fault_address;
        page_fault->registers_right = holds(area, page_fault->before);
    }
    return pager_page_fault(area, address, save_area);
}

bool see_completion(abi::SaveArea& area, std::uint64_t argument, std::uint64_t save_area) {
    if (completion != nullptr && !completion->happened) {
        completion->asynchronous = true;
        note(*completion, area);
        take_interrupt(*completion);
        completion->registers_right = true;
    }
    ++completions_seen;
    return pager_completion(area, argument, save_area);
}

} // namespace

void begin() {
    pager_page_fault = libos_handle_page_fault;
    pager_completion = libos_handle_io_completion;
    libos_handle_page_fault = see_page_fault;
    libos_handle_io_completion = see_completion;
    libos::set_exception_handler(handle);
}

void expect_exception(Discontinuity& it, Repair mends) {
    exception = &it;
    repair = mends;
}
void expect_page_fault(Discontinuity& it) { page_fault = &it; }
void expect_completion(Discontinuity& it) { completion = &it; }
void expect_nothing() { exception = page_fault = completion = nullptr; }

std::uint64_t completions() { return completions_seen; }

void take_interrupt(Discontinuity& it) {
    const abi::InterruptNote& last = libos::processor_environment().interrupted;
    it.happened = it.asynchronous = it.has_vector = true;
    it.vector = last.vector;
    it.ring = last.ring;
    if (it.by_upcall)
        return; // the save area has the program's state, wherever the interrupt came
    it.rip = last.rip;
    it.rflags = last.rflags;
    it.rsp = last.rsp;
}

} // namespace discontinuities::observer
