// exokernel/environment/create_environment.hpp - making an environment's kernel object.

#pragma once

#include "exokernel/environment/environment.hpp"

namespace exokernel {

// Memory of a new environment: zeroed frames, by physical address.
struct EnvironmentMemory {
    std::uint64_t object, fpu, table;
    std::uint32_t table_frames; // a power of two
};

/// Builds the object in its memory: not started, no address space, no PE page.
Environment& build_environment(const EnvironmentMemory& memory, Environment* parent);

/// Builds the first environment from the archive, as bindings/abi/layout.hpp says, and makes it
/// runnable. The one environment that the kernel loads itself; others are loaded by libOSes.
void build_first_environment();

} // namespace exokernel
