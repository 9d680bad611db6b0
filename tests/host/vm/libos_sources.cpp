// tests/host/vm/libos_sources.cpp - the parts of the libOS that the host tests link: unchanged.

#include "libos/vm/policy_table.cpp" // NOLINT(bugprone-suspicious-include): on purpose
