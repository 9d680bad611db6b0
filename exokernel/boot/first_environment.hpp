// exokernel/boot/first_environment.hpp - the environment that holds the roots.

#pragma once

#include "exokernel/environment/environment.hpp"

namespace exokernel {

/// Builds the first environment from the archive, as bindings/abi/layout.hpp says, and makes it
/// runnable. The one environment that the kernel loads itself; others are loaded by libOSes.
Environment& build_first_environment();

} // namespace exokernel
