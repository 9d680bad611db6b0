// tools/benchmark/report.hpp - the figures for people and for programs.

#pragma once

#include <span>
#include <string>

#include "tools/benchmark/fault_cost.hpp"
#include "tools/benchmark/figures.hpp"

namespace benchmark {

/// Two tables of at most 80 columns: costs against budgets and peers, and transitions.
std::string text_of(std::span<const Figure> figures, const Measured& plain,
                    const Measured& recorded);

/// One JSON object.
std::string json_of(std::span<const Figure> figures, const Measured& plain,
                    const Measured& recorded, const FaultCosts& costs);

} // namespace benchmark
