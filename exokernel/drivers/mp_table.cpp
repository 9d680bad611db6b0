// exokernel/drivers/mp_table.cpp - from the floating pointer to the entries of processors.
//
// The firmware is trusted, its lengths are not: everything read lies below 1 MiB and 64 KiB.

#include "exokernel/drivers/mp_table.hpp"

#include "exokernel/drivers/acpi_table.hpp"

namespace exokernel {

namespace {

using acpi::number_at;

constexpr std::uint64_t low_memory_end = 0x10'0000;
constexpr std::uint32_t pointer_signature = 0x5f50'4d5f; // "_MP_"
constexpr std::uint32_t table_signature = 0x504d'4350;   // "PCMP"
constexpr std::uint64_t header_bytes = 44;
constexpr std::uint64_t bytes_of_processor = 20, bytes_of_other = 8;

bool sums_to_zero(std::uint64_t at, std::uint64_t bytes) {
    std::uint8_t sum = 0;
    for (std::uint64_t i = 0; i != bytes; ++i)
        sum = static_cast<std::uint8_t>(sum + number_at<std::uint8_t>(at + i));
    return sum == 0;
}

// The configuration table that a floating pointer in [begin, end) names; 0 if there is none.
std::uint64_t table_between(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t at = begin & ~std::uint64_t{15}; at + 16 <= end; at += 16) {
        if (number_at<std::uint32_t>(at) != pointer_signature || !sums_to_zero(at, 16))
            continue;
        const auto table = number_at<std::uint32_t>(at + 4);
        if (table != 0 && table <= low_memory_end - header_bytes &&
            number_at<std::uint32_t>(table) == table_signature)
            return table;
    }
    return 0;
}

std::uint64_t find_mp_table() {
    const std::uint64_t extended = std::uint64_t{number_at<std::uint16_t>(0x40e)} << 4;
    if (extended != 0 && extended <= low_memory_end - 1024)
        if (const std::uint64_t table = table_between(extended, extended + 1024); table != 0)
            return table;
    if (const std::uint64_t table = table_between(0x9'fc00, 0xa'0000); table != 0)
        return table;
    return table_between(0xf'0000, low_memory_end);
}

} // namespace

std::uint32_t read_mp_table(std::span<std::uint8_t> identities) {
    const std::uint64_t table = find_mp_table();
    if (table == 0)
        return 0;
    const std::uint64_t said = table + number_at<std::uint16_t>(table + 4);
    const std::uint64_t end = said < low_memory_end ? said : low_memory_end;
    std::uint32_t count = 0;
    for (std::uint64_t at = table + header_bytes; at + bytes_of_other <= end;) {
        const bool processor = number_at<std::uint8_t>(at) == 0;
        const bool enabled = (number_at<std::uint8_t>(at + 3) & 1) != 0;
        if (processor && enabled && count != identities.size())
            identities[count++] = number_at<std::uint8_t>(at + 1);
        at += processor ? bytes_of_processor : bytes_of_other;
    }
    return count;
}

} // namespace exokernel
