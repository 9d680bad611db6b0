// exokernel/support/panic.cpp - the panic screen, and stopping the machine.

#include "exokernel/support/panic.hpp"

#include <utility>

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/io_port.hpp"
#include "exokernel/console/console.hpp"
#include "exokernel/recording/record.hpp"

namespace exokernel {

namespace {

constexpr std::uint16_t debug_exit_port = 0x501;

void note(const char* message) {
    auto& noted = recording_header().result.message;
    unsigned i = 0;
    for (; message[i] != 0 && i + 1 != sizeof noted; ++i)
        noted[i] = message[i];
    noted[i] = 0;
}

} // namespace

void note_place(const Registers& state, std::uint64_t address) {
    abi::RunResult& result = recording_header().result;
    result.cause = state.vector;
    result.fault_address = address;
    result.error = state.error;
    result.rip = state.rip;
    result.rsp = state.rsp;
}

void print_registers(const Registers& state) {
    const std::pair<const char*, std::uint64_t> shown[3][4] = {
        {{"rip", state.rip}, {"rsp", state.rsp}, {"rflags", state.rflags}, {"cs", state.cs}},
        {{"rax", state.rax}, {"rbx", state.rbx}, {"rcx", state.rcx}, {"rdx", state.rdx}},
        {{"rsi", state.rsi}, {"rdi", state.rdi}, {"rbp", state.rbp}, {"error", state.error}}};
    for (const auto& four : shown) {
        Text line;
        for (const auto& [name, value] : four)
            (line << "  " << name << " ").hex(value);
        print_line(line);
    }
}

void stop_machine(abi::Outcome outcome) {
    abi::RunResult& result = recording_header().result;
    result.ticks_at_end = time_stamp();
    result.ticks_at_entry = system_page().ticks_at_entry;
    result.idle_ticks = system_page().idle_ticks;
    result.outcome = outcome;
    out32(debug_exit_port, static_cast<std::uint32_t>(outcome));
    halt_for_ever();
}

void panic(const char* what, std::uint64_t a, std::uint64_t b, const Registers* state) {
    print_line(((Text{} << "PANIC: " << what << " (").hex(a) << ", ").hex(b) << ")");
    note(what);
    // Without a trap the place is the caller's.
    const auto stack = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
    Registers caller{};
    caller.rip = reinterpret_cast<std::uint64_t>(__builtin_return_address(0));
    caller.rsp = stack;
    const Registers& seen = state != nullptr ? *state : caller;
    note_place(seen, seen.vector == abi::exception::page_fault ? a : 0);
    print_registers(seen);
    print_line((Text{} << "  on the stack at ").hex(stack));
    stop_machine(abi::Outcome::panic);
}

void refuse_to_boot(const char* what, const char* detail) {
    Text line;
    line << "cannot start: " << what;
    if (detail[0] != 0)
        line << ": " << detail;
    print_line(line);
    note(line.c_str());
    stop_machine(abi::Outcome::boot_error);
}

} // namespace exokernel
