// exokernel/drivers/acpi.cpp - from the RSDP to the MADT.
//
// The firmware is trusted, its lengths are not: a table ends where it says, at most `longest`
// bytes on.

#include "exokernel/drivers/acpi.hpp"

#include "exokernel/arch/x86_64/direct_map.hpp"

namespace exokernel {

namespace {

constexpr std::uint64_t boot_map_end = std::uint64_t{4} << 30;
constexpr std::uint64_t longest = 1 << 16;

// Fields lie at any address.
template <class Number> Number number_at(std::uint64_t physical) {
    Number value;
    __builtin_memcpy(&value, at_physical<const char>(physical), sizeof value);
    return value;
}

// A table's header: 4 characters, length, and what does not matter here, 36 bytes in all.
constexpr std::uint64_t header_bytes = 36;

bool is_table(std::uint64_t physical, const char* signature) {
    std::uint32_t wanted;
    __builtin_memcpy(&wanted, signature, sizeof wanted);
    return physical != 0 && physical < boot_map_end - longest &&
           number_at<std::uint32_t>(physical) == wanted;
}

std::uint64_t end_of(std::uint64_t table) {
    const auto bytes = number_at<std::uint32_t>(table + 4);
    return table + (bytes < longest ? bytes : longest);
}

template <class Pointer> std::uint64_t find_below(std::uint64_t root, const char* signature) {
    for (std::uint64_t at = root + header_bytes; at + sizeof(Pointer) <= end_of(root);
         at += sizeof(Pointer))
        if (const std::uint64_t table = number_at<Pointer>(at); is_table(table, signature))
            return table;
    return 0;
}

std::uint64_t find_table(std::uint64_t pointer, const char* signature) {
    if (pointer == 0 || pointer >= boot_map_end - longest)
        return 0;
    const bool second = number_at<std::uint8_t>(pointer + 15) >= 2;
    if (const auto root = second ? number_at<std::uint64_t>(pointer + 24) : 0;
        is_table(root, "XSDT"))
        return find_below<std::uint64_t>(root, signature);
    if (const auto root = number_at<std::uint32_t>(pointer + 16); is_table(root, "RSDT"))
        return find_below<std::uint32_t>(root, signature);
    return 0;
}

} // namespace

std::uint32_t list_processors(std::uint64_t pointer, std::span<std::uint8_t> identities) {
    const std::uint64_t table = find_table(pointer, "APIC");
    if (table == 0)
        return 0;
    constexpr std::uint64_t entries = header_bytes + 8;
    constexpr std::uint8_t local_apic = 0;
    std::uint32_t count = 0;
    std::uint8_t bytes = 0;
    for (std::uint64_t at = table + entries; at + 8 <= end_of(table); at += bytes) {
        bytes = number_at<std::uint8_t>(at + 1);
        if (bytes < 2)
            break;
        const bool enabled = (number_at<std::uint32_t>(at + 4) & 1) != 0;
        if (number_at<std::uint8_t>(at) == local_apic && enabled && count != identities.size())
            identities[count++] = number_at<std::uint8_t>(at + 3);
    }
    return count;
}

} // namespace exokernel
