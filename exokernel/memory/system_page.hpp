// exokernel/memory/system_page.hpp - the page of facts that every environment may read.

#pragma once

#include "bindings/abi/layout.hpp"

namespace exokernel {

/// Takes the page at boot.
void build_system_page();

abi::SystemPage& system_page();

} // namespace exokernel
