// tests/host/exokernel/acpi_source.cpp - what the exokernel reads of the firmware's tables,
// unchanged.

#include "tests/host/exokernel/physical_memory.hpp"

#include "exokernel/drivers/acpi.cpp"       // NOLINT(bugprone-suspicious-include)
#include "exokernel/drivers/acpi_nodes.cpp" // NOLINT(bugprone-suspicious-include)
#include "exokernel/drivers/mp_table.cpp"   // NOLINT(bugprone-suspicious-include)
