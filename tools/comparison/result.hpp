// tools/comparison/result.hpp - reads the results that `exo run` and `exo sim` leave behind.

#pragma once

#include <filesystem>
#include <string>

#include "tools/command/exit_code.hpp"
#include "tools/command/project.hpp"
#include "tools/comparison/row.hpp"

namespace comparison {

/// The figures in the text of a result.json, or of what `exo sim -o` has written.
command::Outcome<Row> row_from(const std::string& json);

/// The result of what a user calls a run: a directory, a result file, or the name of a run. What is
/// none, or is damaged, is refused by its name.
command::Outcome<Row> row_of(const command::Project& project, const std::string& run);

} // namespace comparison
