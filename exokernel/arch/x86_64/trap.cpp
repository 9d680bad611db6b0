// exokernel/arch/x86_64/trap.cpp - interrupts, and faults that the fast path could not deliver.

#include "exokernel/PE/deliver_upcall.hpp"
#include "exokernel/PE/note_interrupt.hpp"
#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/drivers/local_apic.hpp"
#include "exokernel/environment/end_environment.hpp"
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
    end_environment(environment, area ? EndReason::nested_too_deep : area.error(),
                    page_fault ? read_cr2() : 0);
    run_next();
}

} // namespace

extern "C" [[noreturn]] void handle_trap(Registers* registers) {
    enter_kernel();
    Environment& environment = *processor().environment;
    const std::uint64_t vector = registers->vector;
    // Not ended meanwhile, nor without its position.
    const bool goes_on = processor_count == 1 || may_go_on(environment);
    if (abi::interrupt::is_of_device(vector)) {
        if (environment.state != EnvironmentState::ending) // it may get another slice
            note_interrupt(environment, *registers);
        end_of_interrupt();
        if (vector == abi::interrupt::timer)
            processor().timer_due = 0;
        vector == abi::interrupt::timer ? complete_due_transfers() : complete_finished_transfers();
    }
    if (!goes_on)
        run_next();
    if (vector == abi::exception::debug)
        deliver_exception(environment);
    if (vector < abi::exception_vectors)
        end_for_fault(environment);
    if (vector == abi::interrupt::timer &&
        (check_limit(environment) || check_deadline(environment) || check_slice(environment)))
        run_next();
    if (environment.state == EnvironmentState::runnable)
        return_to(environment);
    run_next();
}

// Interrupts that arrive while the processor halts.
extern "C" void handle_kernel_interrupt(const Registers* registers) {
    const std::uint64_t vector = registers->vector;
    if (vector == abi::interrupt::disk) {
        note_interrupt(*processor().environment, *registers);
        processor().disk_fired = 1;
    } else if (vector == abi::interrupt::timer) { // its moment is the emulator's, within a margin
        processor().timer_fired = 1;
        processor().timer_due = 0;
    }
    if (vector != vector_spurious)
        end_of_interrupt();
}

extern "C" [[noreturn]] void handle_fatal_trap(Registers* registers) {
    const std::uint64_t vector = registers->vector;
    panic(vector == 2    ? "non-maskable interrupt"
          : vector == 14 ? "page fault in the kernel"
                         : "exception in the kernel",
          vector == 14 ? read_cr2() : vector, registers->error, registers);
}

} // namespace exokernel
