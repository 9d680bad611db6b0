// tools/simulator/pattern_string.hpp - the reference string of `scan`, made again from its options.

#pragma once

#include "bindings/access_pattern.hpp"
#include "tools/simulator/reference_string.hpp"

namespace simulator {

/// The accesses of one thread that makes them all. `pattern` has at least one page.
ReferenceString string_of(const bindings::AccessPattern& pattern);

} // namespace simulator
