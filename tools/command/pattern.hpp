// tools/command/pattern.hpp - reference strings that are given by `--pattern`: those of the app
// scan.

#pragma once

#include <vector>

#include "tools/command/exit_code.hpp"
#include "tools/command/options.hpp"
#include "tools/simulator/reference_string.hpp"

namespace command {

/// --pattern, --pages, --passes and --skew.
std::vector<Option> pattern_options();

/// The string that they mean in `parsed`, which has --pattern.
Outcome<simulator::ReferenceString> pattern_string(const Parsed& parsed, std::uint64_t seed);

} // namespace command
