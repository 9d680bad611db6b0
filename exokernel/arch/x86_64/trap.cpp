// exokernel/arch/x86_64/trap.cpp - interrupts, and faults that the fast path could not deliver.

#include "exokernel/PE/deliver_upcall.hpp"
#include "exokernel/PE/note_interrupt.hpp"
#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/local_apic.hpp"
#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/environment/end_environment.hpp"
#include "exokernel/environment/limit.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

// A fault in ring 3 without a way to deliver it: no entry point, or both save areas in use.
[[noreturn]] void end_for_fault(Environment& environment) {
    const bool page_fault = environment.registers.vector == abi::exception::page_fault;
    const auto area =
        save_area(environment, page_fault ? abi::Entry::page_fault : abi::Entry::exception, false);
    // The PE page may have changed since.
    end_environment(environment, area ? abi::EndReason::nested_too_deep : area.error(),
                    page_fault ? read_cr2() : 0);
    run_next();
}

} // namespace

extern "C" [[noreturn]] void handle_trap(Registers* registers) {
    Environment& environment = *processor().environment;
    switch (registers->vector) {
    case abi::interrupt::timer:
        note_interrupt(environment, *registers);
        processor().timer_due = 0;
        end_of_interrupt();
        complete_due_transfers();
        if (check_limit(environment) || check_deadline(environment))
            run_next();
        break;
    case abi::interrupt::disk:
        note_interrupt(environment, *registers);
        end_of_interrupt();
        complete_finished_transfers();
        break;
    case vector_spurious:
        break;
    case abi::exception::debug:
        deliver_exception(environment);
    default:
        end_for_fault(environment);
    }
    if (environment.state == EnvironmentState::runnable)
        return_to(environment);
    run_next();
}

// Interrupts that arrive while the processor halts. Anything else is the kernel's own fault.
extern "C" void handle_kernel_trap(Registers* registers) {
    switch (registers->vector) {
    case abi::interrupt::timer: // its moment is the emulator's, within a margin: it is no event
        processor().timer_fired = 1;
        processor().timer_due = 0;
        end_of_interrupt();
        return;
    case abi::interrupt::disk:
        note_interrupt(*processor().environment, *registers);
        processor().disk_fired = 1;
        end_of_interrupt();
        return;
    case vector_spurious:
        return;
    case abi::exception::page_fault:
        panic("page fault in the kernel", read_cr2(), registers->error, registers);
    default:
        panic("exception in the kernel", registers->vector, registers->error, registers);
    }
}

extern "C" [[noreturn]] void handle_fatal_trap(Registers* registers) {
    panic(registers->vector == 8 ? "double fault" : "non-maskable interrupt or machine check",
          registers->vector, registers->error, registers);
}

} // namespace exokernel
