// exokernel/arch/x86_64/exit_path.hpp - which instruction may leave the kernel.
//
// `sysret` loads RIP from rcx and RFLAGS from r11, and on Intel's processors a non-canonical rcx
// faults in ring 0 with the user's stack (CVE-2012-0217). So it is taken only for a state in which
// both registers already hold those values and both are harmless; `iretq` serves the rest. Pure
// functions, tested on the host, because the emulator does not show the hardware's difference.

#pragma once

#include "bindings/abi/address.hpp"
#include "exokernel/arch/x86_64/registers.hpp" // IWYU pragma: export

namespace exokernel {

namespace rflags {
inline constexpr std::uint64_t always_one = 1u << 1;
inline constexpr std::uint64_t trap = 1u << 8;
inline constexpr std::uint64_t interrupt = 1u << 9;
inline constexpr std::uint64_t direction = 1u << 10;
inline constexpr std::uint64_t io_privilege = 3u << 12;
inline constexpr std::uint64_t nested_task = 1u << 14;
inline constexpr std::uint64_t resume = 1u << 16;
inline constexpr std::uint64_t virtual_8086 = 1u << 17;
inline constexpr std::uint64_t alignment_check = 1u << 18;
inline constexpr std::uint64_t identification = 1u << 21;
// What a program may hold: the arithmetic flags, TF, DF, AC, ID.
inline constexpr std::uint64_t user_settable =
    0x8d5 | trap | direction | alignment_check | identification;
} // namespace rflags

/// The flags that an environment runs with when it asked for `wanted`: interrupts always on, I/O
/// privilege, NT and VM86 never.
constexpr std::uint64_t user_rflags(std::uint64_t wanted) {
    return (wanted & (rflags::user_settable | rflags::resume)) | rflags::always_one |
           rflags::interrupt;
}

/// The canonical address that agrees with `address` in its lower 48 bits. `iretq` to a
/// non-canonical address faults in ring 0, and a processor that checks a jump's target only when it
/// fetches from it can be interrupted in between: such an environment goes on (and faults)
/// elsewhere.
constexpr std::uint64_t canonical(std::uint64_t address) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(address << 16) >> 16);
}

/// Whether `sysret` restores `state` exactly and safely.
constexpr bool may_use_sysret(const Registers& state) {
    return state.rcx == state.rip && state.r11 == state.rflags && abi::is_user_address(state.rip) &&
           (state.rflags & (rflags::trap | rflags::resume | rflags::nested_task |
                            rflags::virtual_8086 | rflags::io_privilege)) == 0 &&
           (state.rflags & rflags::interrupt) != 0;
}

} // namespace exokernel
