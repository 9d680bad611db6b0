// exokernel/arch/x86_64/processor.cpp - GDT, TSS, control registers and model-specific registers of
// one processor, and the switch to another environment.

#include "exokernel/arch/x86_64/processor.hpp"

#include <cpuid.h>
#include <iterator>

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"

extern "C" void system_call_entry();

namespace exokernel {

namespace {

// CPUID leaf 7: ebx bit 20 and ecx bit 2.
constexpr unsigned cpuid_smap = 1u << 20;
constexpr unsigned cpuid_umip = 1u << 2;

void load_descriptor_tables(Processor& area) {
    const auto task_state = reinterpret_cast<std::uint64_t>(&area.task_state);
    const std::uint64_t limit = sizeof(TaskState) - 1;
    area.gdt[SELECTOR_KERNEL_CODE / 8] = 0x00af'9b00'0000'ffff;
    area.gdt[SELECTOR_KERNEL_DATA / 8] = 0x00cf'9300'0000'ffff;
    area.gdt[SELECTOR_USER_DATA / 8] = 0x00cf'f300'0000'ffff;
    area.gdt[SELECTOR_USER_CODE / 8] = 0x00af'fb00'0000'ffff;
    area.gdt[SELECTOR_TSS / 8] =
        limit | (task_state & 0xff'ffff) << 16 | 0x89ull << 40 | (task_state >> 24 & 0xff) << 56;
    area.gdt[SELECTOR_TSS / 8 + 1] = task_state >> 32;
    const struct [[gnu::packed]] {
        std::uint16_t limit;
        std::uint64_t base;
    } pointer{sizeof area.gdt - 1, reinterpret_cast<std::uint64_t>(area.gdt)};
    asm volatile("lgdt %0\n\t"
                 "pushq %1\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "lretq\n"
                 "1:\tmovl %2, %%eax\n\t"
                 "movl %%eax, %%ss\n\t"
                 "xorl %%eax, %%eax\n\t"
                 "movl %%eax, %%ds\n\t"
                 "movl %%eax, %%es\n\t"
                 "movl %%eax, %%fs\n\t"
                 "movl %%eax, %%gs\n\t"
                 "ltr %w3\n\t"
                 // After reset the processor looks for local descriptors at address 0, where an
                 // environment could put some.
                 "lldt %w4"
                 :
                 : "m"(pointer), "i"(SELECTOR_KERNEL_CODE), "i"(SELECTOR_KERNEL_DATA),
                   "r"(SELECTOR_TSS), "r"(0)
                 : "rax", "memory");
}

// What the processor offers is used; what it lacks is left out (platform facts: see the README).
void set_control_registers() {
    // NOLINTNEXTLINE(misc-const-correctness): the macros of <cpuid.h> write them
    unsigned a = 0, b = 0, c = 0, d = 0;
    __cpuid(1, a, b, c, d);
    const bool xsave = (c & bit_XSAVE) != 0;
    const bool avx = (c & bit_AVX) != 0;
    __cpuid_count(7, 0, a, b, c, d);
    std::uint64_t cr4 = read_cr4() | cr4::global_pages | cr4::fx_save | cr4::simd_exceptions;
    cr4 |= (b & bit_SMEP) != 0 ? cr4::smep : 0;
    cr4 |= (b & cpuid_smap) != 0 ? cr4::smap : 0;
    cr4 |= (c & cpuid_umip) != 0 ? cr4::umip : 0;
    cr4 |= (b & bit_FSGSBASE) != 0 ? cr4::fs_gs_base : 0;
    cr4 |= xsave ? cr4::xsave : 0;
    write_cr4(cr4);
    if (xsave)
        write_extended_control(0, avx ? 7 : 3);
    fpu_uses_xsave = xsave;
    fs_gs_base_available = (b & bit_FSGSBASE) != 0;
}

void give(Processor& area, Environment& next) {
    area.environment = &next;
    area.task_state.stack0 = next.registers_end =
        reinterpret_cast<std::uint64_t>(&next.registers + 1);
    next.processor = &area;
    next.stack_top = reinterpret_cast<std::uint64_t>(std::end(area.stack));
    write_msr(msr::gs_base, reinterpret_cast<std::uint64_t>(&next));
}

} // namespace

constinit bool fpu_uses_xsave = false;
constinit bool fs_gs_base_available = false;

constinit Processor processors[most_processors]{};
constinit std::uint32_t processor_count = 1;

void prepare_processor(Processor& area) {
    area.number = static_cast<std::uint32_t>(&area - processors);
    area.inside = 1;
    area.root = area.nobody.root = kernel_root();
    for (int i = 0; i != 3; ++i)
        area.task_state.interrupt_stack[i] =
            reinterpret_cast<std::uint64_t>(std::end(area.fatal_stacks[i]));
    area.task_state.io_map = sizeof(TaskState);
    load_descriptor_tables(area);
    give(area, area.nobody);
    write_msr(msr::kernel_gs_base, 0);
    set_control_registers();
    load_interrupt_table();
    // syscall: CS 0x10, SS 0x18; sysret: CS 0x20 + 16, SS 0x20 + 8, both with privilege 3.
    write_msr(msr::star, std::uint64_t{0x20} << 48 | std::uint64_t{SELECTOR_KERNEL_CODE} << 32);
    write_msr(msr::syscall_mask, 0x47700); // IF, TF, DF, AC, NT, IOPL are clear in the kernel
    write_msr(msr::long_star, reinterpret_cast<std::uint64_t>(system_call_entry));
}

void load_another_environment(Environment& next) {
    Processor& area = processor();
    if (area.environment != &next) {
        if (area.environment != &area.nobody)
            save_processor_state(*area.environment);
        if (&next != &area.nobody)
            restore_processor_state(next);
        give(area, next);
    }
    load_root(next.root);
}

void unload_environment(const Environment& environment) {
    Processor& area = processor();
    if (area.environment == &environment)
        give(area, area.nobody);
    load_root(kernel_root());
}

void load_root(std::uint64_t root) {
    Processor& area = processor();
    if (area.root == root)
        return;
    area.root = root;
    area.flush_owed = false;
    write_cr3(root);
}

} // namespace exokernel
