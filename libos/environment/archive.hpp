// libos/environment/archive.hpp - the programs that travelled with the exokernel.
//
// The first environment may read the archive (bindings/abi/archive.hpp). It is mapped when a member
// is first asked for and stays mapped; the exokernel has checked nothing in it but what it loaded
// itself, so every length is checked here.

#pragma once

#include <span>

#include "bindings/abi/error.hpp"

namespace libos {

/// The archive of this run. Error: access_denied (not the first environment), or no_binding where
/// there is none.
abi::Result<std::span<const char>> archive();

} // namespace libos
