// tools/profiler/decode.hpp - which privileged transition the bytes of one x86-64 instruction make.
//
// Looks at prefixes, opcode and ModRM only; the bytes are one whole instruction, as QEMU decoded
// it. Entries by exception or interrupt are no instructions: they are seen at the stubs.

#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "tools/profiler/counters.hpp"

namespace profiler {

struct Decoded {
    std::optional<Counter> transition; // besides being an instruction
    bool ends_kernel_run = false;      // afterwards ring 3 runs, or interrupts are on
};

constexpr bool is_prefix(std::uint8_t byte) {
    return (byte & 0xf0) == 0x40 /* REX */ || byte == 0x66 || byte == 0x67 || byte == 0xf0 ||
           byte == 0xf2 || byte == 0xf3 || byte == 0x26 || byte == 0x2e || byte == 0x36 ||
           byte == 0x3e || byte == 0x64 || byte == 0x65;
}

constexpr Decoded decode_two_byte(std::uint8_t opcode, std::uint8_t modrm) {
    const unsigned reg = (modrm >> 3) & 7;
    const bool memory = (modrm >> 6) != 3;
    switch (opcode) {
    case 0x05:
        return {.transition = Counter::syscall};
    case 0x07:
        return {.transition = Counter::sysret, .ends_kernel_run = true};
    case 0x22:
        if (reg == 3)
            return {.transition = Counter::cr3};
        return {};
    case 0x01:
        if (reg == 7 && memory)
            return {.transition = Counter::invlpg};
        return {};
    default:
        return {};
    }
}

constexpr Decoded decode(std::span<const std::uint8_t> bytes) {
    std::size_t at = 0;
    while (at < bytes.size() && is_prefix(bytes[at]))
        ++at;
    if (at == bytes.size())
        return {};
    const std::uint8_t opcode = bytes[at];
    if (opcode == 0x0f && at + 1 < bytes.size())
        return decode_two_byte(bytes[at + 1], at + 2 < bytes.size() ? bytes[at + 2] : 0);
    if (opcode == 0xcf)
        return {.transition = Counter::iret, .ends_kernel_run = true};
    if (opcode == 0xf4)
        return {.transition = Counter::hlt, .ends_kernel_run = true};
    if (opcode == 0xfb) // sti
        return {.transition = std::nullopt, .ends_kernel_run = true};
    const bool port_in_or_out = (opcode >= 0xe4 && opcode <= 0xe7) || opcode >= 0xec;
    const bool port_string = opcode >= 0x6c && opcode <= 0x6f;
    if (port_string || (port_in_or_out && opcode <= 0xef))
        return {.transition = Counter::port};
    return {};
}

/// Whether the instruction at `pc` has `address` as an absolute or pc-relative 32-bit field.
inline bool names(std::span<const std::uint8_t> bytes, std::uint64_t pc, std::uint64_t address) {
    for (std::size_t at = 1; at + sizeof(std::int32_t) <= bytes.size(); ++at) {
        std::int32_t field = 0;
        std::memcpy(&field, &bytes[at], sizeof field);
        const auto extended = static_cast<std::uint64_t>(std::int64_t{field});
        if (extended == address || pc + bytes.size() + extended == address)
            return true;
    }
    return false;
}

} // namespace profiler
