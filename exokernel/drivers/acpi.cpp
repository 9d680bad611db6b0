// exokernel/drivers/acpi.cpp - from the RSDP to the MADT, and what both tables of nodes say.

#include "exokernel/drivers/acpi.hpp"

#include "exokernel/drivers/acpi_nodes.hpp"
#include "exokernel/drivers/acpi_table.hpp"
#include "exokernel/drivers/mp_table.hpp"

namespace exokernel {

namespace acpi {

namespace {

bool is_table(std::uint64_t physical, const char* signature) {
    std::uint32_t wanted;
    __builtin_memcpy(&wanted, signature, sizeof wanted);
    return physical != 0 && physical < boot_map_end - longest &&
           number_at<std::uint32_t>(physical) == wanted;
}

template <class Pointer> std::uint64_t find_below(std::uint64_t root, const char* signature) {
    for (std::uint64_t at = root + header_bytes; at + sizeof(Pointer) <= end_of(root);
         at += sizeof(Pointer))
        if (const std::uint64_t table = number_at<Pointer>(at); is_table(table, signature))
            return table;
    return 0;
}

} // namespace

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

} // namespace acpi

std::uint32_t read_topology(std::uint64_t pointer, std::span<std::uint8_t> identities) {
    read_nodes(pointer);
    const std::uint64_t table = acpi::find_table(pointer, "APIC");
    if (table == 0)
        return read_mp_table(identities);
    constexpr std::uint8_t local_apic = 0;
    std::uint32_t count = 0;
    acpi::for_entries(table, table + acpi::header_bytes + 8, 8,
                      [&](std::uint8_t type, std::uint64_t at) {
                          const bool enabled = (acpi::number_at<std::uint32_t>(at + 4) & 1) != 0;
                          if (type == local_apic && enabled && count != identities.size())
                              identities[count++] = acpi::number_at<std::uint8_t>(at + 3);
                      });
    return count;
}

} // namespace exokernel
