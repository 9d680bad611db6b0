// exokernel/drivers/acpi_table.hpp - finding and reading the firmware's tables (ACPI 6.5, 5.2).
//
// The firmware is trusted, its lengths are not: a table ends where it says, at most `longest`
// bytes on. On the boot map: tables above 4 GiB are not found.

#pragma once

#include <cstdint>

#include "exokernel/arch/x86_64/direct_map.hpp"

namespace exokernel::acpi {

inline constexpr std::uint64_t boot_map_end = std::uint64_t{4} << 30;
inline constexpr std::uint64_t longest = 1 << 16;

// Fields lie at any address.
template <class Number> Number number_at(std::uint64_t physical) {
    Number value;
    __builtin_memcpy(&value, at_physical<const char>(physical), sizeof value);
    return value;
}

// A table's header: 4 characters, length, and what does not matter here, 36 bytes in all.
inline constexpr std::uint64_t header_bytes = 36;

inline std::uint64_t end_of(std::uint64_t table) {
    const auto bytes = number_at<std::uint32_t>(table + 4);
    return table + (bytes < longest ? bytes : longest);
}

/// The table with these 4 characters; 0 if there is none. `pointer`: physical address of the RSDP.
std::uint64_t find_table(std::uint64_t pointer, const char* signature);

/// Calls `function(type, address)` for each entry of a table, the first of which is at `first`. An
/// entry begins with its type and its length, a byte each; `least` bytes of it can be read.
template <class Function>
void for_entries(std::uint64_t table, std::uint64_t first, std::uint64_t least, Function function) {
    for (std::uint64_t at = first; at + least <= end_of(table);) {
        const auto bytes = number_at<std::uint8_t>(at + 1);
        if (bytes < 2)
            return;
        function(number_at<std::uint8_t>(at), at);
        at += bytes;
    }
}

} // namespace exokernel::acpi
