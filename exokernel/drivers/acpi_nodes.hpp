// exokernel/drivers/acpi_nodes.hpp - what the firmware says of nodes (NUMA), as the system page
// says it.

#pragma once

#include <cstdint>

#include "bindings/abi/layout.hpp"

namespace exokernel {

struct FirmwareNodes {
    abi::Nodes said;                    // but for the processors
    std::uint8_t node_of_identity[256]; // of a local APIC
};
extern constinit FirmwareNodes firmware_nodes;

/// Reads SRAT and SLIT. What does not fit (a node beyond most_nodes, a range beyond the last place)
/// is left out; without a range that fits `said.count` is 0. Runs on the boot map.
void read_nodes(std::uint64_t pointer);

} // namespace exokernel
