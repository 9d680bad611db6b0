// exokernel/environment/run_report.cpp - reports on the console and in the recording region.

#include "exokernel/environment/run_report.hpp"

#include "bindings/abi/recording.hpp"
#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/console/console.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/memory/system_page.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/support/panic.hpp"
#include "exokernel/support/text.hpp"

namespace exokernel {

namespace {

void fill(abi::RunResult& result, const Environment& environment, std::uint64_t fault_address) {
    const Registers& state = environment.registers;
    result.environment = environment.identity;
    result.cause = state.vector;
    result.fault_address = fault_address;
    result.error = state.error;
    result.rip = state.rip;
    result.rsp = state.rsp;
}

void print_register_line(const char* a, std::uint64_t x, const char* b, std::uint64_t y,
                         const char* c, std::uint64_t z) {
    Text line;
    line << "  " << a << " ";
    line.hex(x) << "  " << b << " ";
    line.hex(y) << "  " << c << " ";
    line.hex(z);
    print_line(line.c_str());
}

} // namespace

void note_start() {
    if (abi::RegionHeader* header = recording_header(); header != nullptr)
        header->result.ticks_at_start = time_stamp();
}

void report_fault(const Environment& environment, std::uint64_t fault_address) {
    const Registers& state = environment.registers;
    Text title;
    title << "environment " << std::uint64_t{environment.identity}
          << " is ended: " << abi::name_of(environment.end_reason) << " (vector " << state.vector
          << ")";
    print_line(title.c_str());
    print_register_line("rip", state.rip, "rsp", state.rsp, "address", fault_address);
    print_register_line("error", state.error, "rflags", state.rflags, "rax", state.rax);
    print_register_line("rbx", state.rbx, "rcx", state.rcx, "rdx", state.rdx);
    print_register_line("rsi", state.rsi, "rdi", state.rdi, "rbp", state.rbp);
    if (environment.pe_page != nullptr)
        print_register_line("upcalls_disabled", environment.pe_page->upcalls_disabled, "pending",
                            environment.pe_page->pending, "saved rip",
                            environment.pe_page->save[0].rip);
}

void end_run(Environment& first, abi::EndReason reason, std::uint64_t fault_address) {
    wait_for_transfers();
    first.end_reason = reason;
    flush_console_line(first);
    record(abi::Event::environment_ended, first.identity, first.end_status,
           static_cast<std::uint64_t>(reason), first.registers.rip, fault_address);
    const bool killed = reason != abi::EndReason::ended && reason != abi::EndReason::destroyed;
    if (killed)
        report_fault(first, fault_address);
    if (abi::RegionHeader* header = recording_header(); header != nullptr) {
        header->result.status = static_cast<std::uint32_t>(first.end_status);
        header->result.reason = static_cast<std::uint32_t>(reason);
        fill(header->result, first, fault_address);
    }
    stop_machine(killed ? abi::Outcome::environment_killed : abi::Outcome::ended);
}

} // namespace exokernel
