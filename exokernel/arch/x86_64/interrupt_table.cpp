// exokernel/arch/x86_64/interrupt_table.cpp - the IDT: which vector enters where.
//
// NMI, #DF and #MC have stacks of their own (IST 2, 1, 3). Breakpoint and overflow may be raised by
// ring 3's own instructions; every other gate only by the hardware.

#include "exokernel/arch/x86_64/processor.hpp"

#include <cstdint>

#include "exokernel/arch/x86_64/offsets.hpp"
#include "exokernel/arch/x86_64/registers.hpp"

// clang-format off
#define FAULT_VECTORS(X)                                                                           \
    X(0) X(3) X(4) X(5) X(6) X(7) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(19)       \
    X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
// clang-format on

extern "C" {
#define DECLARE(vector) void fault_##vector();
FAULT_VECTORS(DECLARE)
#undef DECLARE
void fault_1(), fatal_2(), fatal_8(), fatal_18();
void interrupt_timer(), interrupt_disk(), interrupt_processor(), interrupt_spurious();
}

namespace exokernel {

namespace {

struct Gate {
    std::uint64_t low = 0, high = 0;
};
alignas(16) constinit Gate gates[256];

void set_gate(unsigned vector, void (*entry)(), unsigned stack = 0) {
    const auto address = reinterpret_cast<std::uint64_t>(entry);
    const std::uint64_t privilege = vector == 3 || vector == 4 ? 3 : 0;
    gates[vector].low = (address & 0xffff) | std::uint64_t{SELECTOR_KERNEL_CODE} << 16 |
                        std::uint64_t{stack} << 32 | 0xeull << 40 | privilege << 45 | 1ull << 47 |
                        (address >> 16 & 0xffff) << 48;
    gates[vector].high = address >> 32;
}

} // namespace

void load_interrupt_table() {
#define SET(vector) set_gate(vector, fault_##vector);
    FAULT_VECTORS(SET)
#undef SET
    set_gate(1, fault_1);
    set_gate(8, fatal_8, 1);
    set_gate(2, fatal_2, 2);
    set_gate(18, fatal_18, 3);
    set_gate(abi::interrupt::timer, interrupt_timer);
    set_gate(abi::interrupt::disk, interrupt_disk);
    set_gate(abi::interrupt::processor, interrupt_processor);
    set_gate(vector_spurious, interrupt_spurious);
    const struct [[gnu::packed]] {
        std::uint16_t limit;
        std::uint64_t base;
    } pointer{sizeof gates - 1, reinterpret_cast<std::uint64_t>(gates)};
    asm volatile("lidt %0" : : "m"(pointer));
}

} // namespace exokernel
