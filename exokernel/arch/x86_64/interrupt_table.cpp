// exokernel/arch/x86_64/interrupt_table.cpp - the IDT: which vector enters where.
//
// NMI, #DF and #MC have stacks of their own (IST 2, 1, 3). Breakpoint and overflow may be raised by
// ring 3's own instructions; every other gate only by the hardware.

#include "exokernel/arch/x86_64/processor.hpp"

#include <cstdint>

extern "C" {
extern const std::uint64_t fault_entries[abi::exception_vectors];
void interrupt_timer(), interrupt_disk(), interrupt_processor(), interrupt_spurious();
}

namespace exokernel {

namespace {

struct Gate {
    std::uint64_t low = 0, high = 0;
};
alignas(16) constinit Gate gates[256];

void set_gate(std::uint64_t vector, std::uint64_t address) {
    const std::uint64_t stack = vector == 8 ? 1 : vector == 2 ? 2 : vector == 18 ? 3 : 0;
    const std::uint64_t privilege = vector == 3 || vector == 4 ? 3 : 0;
    gates[vector].low = (address & 0xffff) | std::uint64_t{SELECTOR_KERNEL_CODE} << 16 |
                        stack << 32 | 0xeull << 40 | privilege << 45 | 1ull << 47 |
                        (address >> 16 & 0xffff) << 48;
    gates[vector].high = address >> 32;
}

} // namespace

void load_interrupt_table() {
    for (std::uint64_t vector = 0; vector != abi::exception_vectors; ++vector)
        set_gate(vector, fault_entries[vector]);
    set_gate(abi::interrupt::timer, reinterpret_cast<std::uint64_t>(interrupt_timer));
    set_gate(abi::interrupt::disk, reinterpret_cast<std::uint64_t>(interrupt_disk));
    set_gate(abi::interrupt::processor, reinterpret_cast<std::uint64_t>(interrupt_processor));
    set_gate(vector_spurious, reinterpret_cast<std::uint64_t>(interrupt_spurious));
    const struct [[gnu::packed]] {
        std::uint16_t limit;
        std::uint64_t base;
    } pointer{sizeof gates - 1, reinterpret_cast<std::uint64_t>(gates)};
    asm volatile("lidt %0" : : "m"(pointer));
}

} // namespace exokernel
