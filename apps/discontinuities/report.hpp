// apps/discontinuities/report.hpp - the table for people, and the results for `--json`.

#pragma once

#include <span>

#include "apps/discontinuities/discontinuity.hpp"

namespace discontinuities {

/// One line each, at most 80 columns; those that did not happen are named below it.
void print_table(std::span<const Discontinuity> all);

/// `@output.KEY.WHAT=VALUE`: everything that was saved, and what follows from it.
void print_results(std::span<const Discontinuity> all);

} // namespace discontinuities
