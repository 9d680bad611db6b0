// tests/host/exokernel/capability_table_source.cpp - slots and names of the exokernel, unchanged.

#include "tests/host/exokernel/physical_memory.hpp"

#include "exokernel/bindings/capability_table.cpp" // NOLINT(bugprone-suspicious-include)
