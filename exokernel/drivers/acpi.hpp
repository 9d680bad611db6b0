// exokernel/drivers/acpi.hpp - which processors the firmware lists (ACPI 6.5, 5.2.12: MADT).

#pragma once

#include <cstdint>
#include <span>

namespace exokernel {

/// Writes the local APIC identities of the processors that are enabled, in the firmware's order,
/// and returns how many; 0 without a list. `pointer`: physical address of the RSDP. Runs on the
/// boot map: tables above 4 GiB are not found.
std::uint32_t list_processors(std::uint64_t pointer, std::span<std::uint8_t> identities);

} // namespace exokernel
