// exokernel/drivers/mp_table.hpp - the processors of a machine without ACPI (Intel MultiProcessor
// Specification 1.4, chapter 4).

#pragma once

#include <cstdint>
#include <span>

namespace exokernel {

/// Writes the local APIC identities of the processors that are enabled, in the firmware's order,
/// and returns how many; 0 without a table. Runs on the boot map.
std::uint32_t read_mp_table(std::span<std::uint8_t> identities);

} // namespace exokernel
