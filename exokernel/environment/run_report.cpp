// exokernel/environment/run_report.cpp - reports on the console and in the recording region.

#include "exokernel/environment/run_report.hpp"

#include "exokernel/console/console.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

void report_fault(const Environment& environment, std::uint64_t fault_address) {
    const Registers& state = environment.registers;
    print_line(Text{} << "environment " << std::uint64_t{environment.identity}
                      << " is ended: " << abi::name_of(environment.end_reason) << " (vector "
                      << state.vector << ")");
    Text line;
    (line << "  address ").hex(fault_address);
    if (const abi::ProcessorEnvironmentPage* page = environment.pe_page; page != nullptr) {
        (line << "  upcalls_disabled ").hex(page->upcalls_disabled);
        (line << "  pending ").hex(page->pending);
        (line << "  saved rip ").hex(page->save[0].rip);
    }
    print_line(line);
    print_registers(state);
}

void end_run(Environment& first, EndReason reason, std::uint64_t fault_address) {
    wait_for_transfers();
    first.end_reason = reason;
    flush_console_line(first);
    record(Event::environment_ended, first.identity, first.end_status, reason, first.registers.rip,
           fault_address);
    const bool killed = reason != EndReason::ended && reason != EndReason::destroyed;
    if (killed)
        report_fault(first, fault_address);
    abi::RunResult& result = recording_header().result;
    result.status = static_cast<std::uint32_t>(first.end_status);
    result.reason = static_cast<std::uint32_t>(reason);
    result.environment = first.identity;
    note_place(first.registers, fault_address);
    stop_machine(killed ? abi::Outcome::environment_killed : abi::Outcome::ended);
}

} // namespace exokernel
