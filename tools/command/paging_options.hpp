// tools/command/paging_options.hpp - the options for the rules under a policy, the same for a run
// and for the simulator.

#pragma once

#include "libos/vm/paging_rules.hpp"
#include "tools/command/options.hpp"

namespace command {

std::vector<Option> paging_options();

/// What they say; each has a range of its own.
Outcome<libos::PagingRules> paging_rules_from(const Parsed& parsed);

/// Manifest lines for the rules that are not as without options.
std::string manifest_lines(const libos::PagingRules& rules);

} // namespace command
