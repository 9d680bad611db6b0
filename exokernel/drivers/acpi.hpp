// exokernel/drivers/acpi.hpp - what the firmware lists: processors (ACPI 6.5, 5.2.12: MADT), and
// which node they and the memory are in (5.2.16: SRAT, 5.2.17: SLIT).

#pragma once

#include <cstdint>
#include <span>

namespace exokernel {

/// Writes the local APIC identities of the processors that are enabled, in the firmware's order,
/// and returns how many: of the MADT, or, where there is none, of the MP table; 0 without either.
/// Keeps what it reads of nodes. `pointer`: physical address of the RSDP. Runs on the boot map.
std::uint32_t read_topology(std::uint64_t pointer, std::span<std::uint8_t> identities);

/// Writes what was read of nodes into the system page. Once the processors have their numbers.
void describe_nodes();

} // namespace exokernel
