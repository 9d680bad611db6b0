// exokernel/arch/x86_64/control.hpp - control registers, model-specific registers and the few
// instructions that only a kernel uses.

#pragma once

#include <cstdint>

namespace exokernel {

namespace cr4 {
inline constexpr std::uint64_t global_pages = 1u << 7;
inline constexpr std::uint64_t fx_save = 1u << 9;
inline constexpr std::uint64_t simd_exceptions = 1u << 10;
inline constexpr std::uint64_t umip = 1u << 11;
inline constexpr std::uint64_t fs_gs_base = 1u << 16;
inline constexpr std::uint64_t xsave = 1u << 18;
inline constexpr std::uint64_t smep = 1u << 20;
inline constexpr std::uint64_t smap = 1u << 21;
} // namespace cr4

namespace msr {
inline constexpr std::uint32_t apic_base = 0x1b;
inline constexpr std::uint32_t star = 0xc000'0081;
inline constexpr std::uint32_t long_star = 0xc000'0082;
inline constexpr std::uint32_t syscall_mask = 0xc000'0084;
inline constexpr std::uint32_t fs_base = 0xc000'0100;
inline constexpr std::uint32_t gs_base = 0xc000'0101;
inline constexpr std::uint32_t kernel_gs_base = 0xc000'0102;
} // namespace msr

extern constinit bool fpu_uses_xsave;
extern constinit bool fs_gs_base_available;

/// Clears bit `bit` of `*word`, which others may change meanwhile, and returns what it was.
template <unsigned bit> bool exchange_for_zero(std::uint64_t* word) {
    bool was;
    asm volatile("lock btrq %2, %1" : "=@ccc"(was), "+m"(*word) : "i"(bit));
    return was;
}

inline std::uint64_t read_msr(std::uint32_t number) {
    std::uint32_t low;
    std::uint32_t high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return std::uint64_t{high} << 32 | low;
}
inline void write_msr(std::uint32_t number, std::uint64_t value) {
    asm volatile("wrmsr"
                 :
                 : "c"(number), "a"(static_cast<std::uint32_t>(value)),
                   "d"(static_cast<std::uint32_t>(value >> 32))
                 : "memory");
}
inline std::uint64_t read_cr2() {
    std::uint64_t value;
    asm volatile("movq %%cr2, %0" : "=r"(value));
    return value;
}
inline std::uint64_t read_cr4() {
    std::uint64_t value;
    asm volatile("movq %%cr4, %0" : "=r"(value));
    return value;
}
inline void write_cr4(std::uint64_t value) {
    asm volatile("movq %0, %%cr4" : : "r"(value) : "memory");
}
inline void write_cr3(std::uint64_t value) {
    asm volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}
inline void write_extended_control(std::uint32_t number, std::uint32_t value) {
    asm volatile("xsetbv" : : "c"(number), "a"(value), "d"(0));
}
/// In a loop that waits for another processor: where the emulator has them take turns, only this
/// passes the turn on.
inline void pause() { asm volatile("pause" : : : "memory"); }
[[noreturn]] inline void halt_for_ever() {
    for (;;)
        asm volatile("cli; hlt");
}
/// Interrupts that are pending are taken here, and only here while the kernel runs.
inline void let_interrupts_in() { asm volatile("sti; nop; cli" : : : "memory"); }
inline void invalidate_page(std::uint64_t address) {
    asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

} // namespace exokernel
