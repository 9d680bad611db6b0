// bindings/abi/exception.hpp - the vectors of the processor's exceptions and of interrupts, by
// name.
//
// The exceptions' numbers and error codes are the processor's. Page faults have an entry of the PE
// of their own; non-maskable interrupt, double fault and machine check (aborts, or nothing that a
// program did) never reach a libOS; all others come through the entry `exception`.

#pragma once

#include <cstdint>

namespace abi {

namespace exception {
inline constexpr std::uint64_t divide_error = 0;
inline constexpr std::uint64_t debug = 1;
inline constexpr std::uint64_t breakpoint = 3;
inline constexpr std::uint64_t invalid_opcode = 6;
inline constexpr std::uint64_t general_protection = 13;
inline constexpr std::uint64_t page_fault = 14;
inline constexpr std::uint64_t alignment_check = 17;
} // namespace exception
inline constexpr std::uint64_t exception_vectors = 32;

// As the event `interrupt` has them; they reach a libOS as what they are about, not as vectors.
namespace interrupt {
inline constexpr std::uint64_t timer = 0x40;
inline constexpr std::uint64_t disk = 0x41;
inline constexpr std::uint64_t processor = 0x42; // from another processor
constexpr bool is_of_device(std::uint64_t vector) { return vector >= timer && vector <= processor; }
} // namespace interrupt

/// Whether the processor pushes an error code for this vector; the save area has 0 where not.
constexpr bool has_error_code(std::uint64_t vector) {
    constexpr std::uint64_t with_code = 1u << 8 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 13 |
                                        1u << 14 | 1u << 17 | 1u << 21 | 1u << 29 | 1u << 30;
    return vector < exception_vectors && (with_code >> vector & 1) != 0;
}

/// Whether what is saved is the address behind the instruction. (Single steps, and watchpoints on
/// data; breakpoints on instructions are faults, and no libOS can set one.)
constexpr bool is_trap(std::uint64_t vector) {
    return vector == exception::debug || vector == exception::breakpoint || vector == 4;
}

/// Whether the kernel delivers this vector through the entry `exception`.
constexpr bool comes_as_exception(std::uint64_t vector) {
    return vector < exception_vectors && vector != 2 && vector != 8 && vector != 14 && vector != 18;
}

constexpr const char* name_of_exception(std::uint64_t vector) {
    switch (vector) {
    case exception::divide_error:
        return "divide error";
    case exception::debug:
        return "debug";
    case exception::breakpoint:
        return "breakpoint";
    case 4:
        return "overflow";
    case 5:
        return "bound range";
    case exception::invalid_opcode:
        return "invalid opcode";
    case 7:
        return "no coprocessor";
    case 10:
        return "invalid TSS";
    case 11:
        return "segment not present";
    case 12:
        return "stack fault";
    case exception::general_protection:
        return "general protection";
    case exception::page_fault:
        return "page fault";
    case 16:
        return "x87 error";
    case exception::alignment_check:
        return "alignment check";
    case 19:
        return "SIMD error";
    case 20:
        return "virtualization";
    case 21:
        return "control protection";
    default:
        return "exception";
    }
}

} // namespace abi
