// exokernel/PE/record_fault.cpp - the facts of a fault, written before its upcall (steps 1 and 2).
//
// Called by the recorded entry points with every register of the interrupted program on the stack.
// What the upcall will be is computed here as upcall.S will do it.

#include "exokernel/PE/deliver_upcall.hpp"
#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/memory/bind_page_table.hpp"
#include "exokernel/recording/record.hpp"

namespace exokernel {

namespace {

// As RECORD_FAULT pushes it.
struct FaultFrame {
    std::uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax, vector;
    std::uint64_t error, rip, cs, rflags, rsp, ss;
};

} // namespace

extern "C" void record_fault(const FaultFrame* frame) {
    const Environment& environment = *processor().environment;
    const bool page_fault = frame->vector == abi::exception::page_fault;
    const std::uint64_t address = page_fault ? read_cr2() : 0;
    const abi::Entry kind = page_fault ? abi::Entry::page_fault : abi::Entry::exception;
    const auto chosen = save_area(environment, kind, false);
    const unsigned area = chosen.value_or(1);
    const std::uint64_t pe = physical_of(environment.pe_page) >> 12;
    const std::uint64_t interrupts_on = frame->rflags >> 9 & 1;
    if (page_fault)
        record(Event::page_fault, address, frame->error, frame->rip, frame->rsp, frame->rflags,
               translation_of(environment.root, address), interrupts_on, frame->vector, area,
               environment.identity, pe);
    else
        record(Event::exception, frame->vector, frame->error, frame->rip, frame->rsp, frame->rflags,
               address, interrupts_on, 0, area, environment.identity, pe);
    const auto entry = static_cast<unsigned>(kind);
    if (!chosen)
        return; // it will be ended instead
    record(Event::upcall, entry, environment.entries[entry], area,
           offsetof(abi::ProcessorEnvironmentPage, save) + area * sizeof(abi::SaveArea),
           sizeof(abi::SaveArea), area == 0 ? environment.upcall_stack : environment.nested_stack,
           area + 1, environment.pe_page->pending);
}

} // namespace exokernel
