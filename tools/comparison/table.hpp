// tools/comparison/table.hpp - rows side by side: for people, as CSV, as JSON.

#pragma once

#include <string>
#include <vector>

#include "tools/comparison/row.hpp"

namespace comparison {

/// A table of at most 80 columns, one line a run, and what must be known to read it. Columns that
/// no run has a figure for are left out; with `named` the runs' names come first.
std::string as_text(const std::vector<Row>& rows, bool named);

std::string as_csv(const std::vector<Row>& rows);

/// An object with `same_work` and the list `runs`.
std::string as_json(const std::vector<Row>& rows);

/// True if it is known that all rows had the same to do.
bool same_work(const std::vector<Row>& rows);

/// For each row the beginning of its victims_hash, as long as it takes to tell different ones
/// apart, at least four digits; "-" if the run has none.
std::vector<std::string> short_hashes(const std::vector<Row>& rows);

} // namespace comparison
