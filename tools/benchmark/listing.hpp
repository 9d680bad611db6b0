// tools/benchmark/listing.hpp - the instructions of one pass, under the names of their functions.

#pragma once

#include <filesystem>
#include <string>

#include "tools/benchmark/symbols.hpp"

namespace benchmark {

/// The name of the symbol at or before `address`, or "?".
std::string nearest_symbol(const Symbols& symbols, std::uint64_t address);

/// The trace in `file` as text. An instruction whose attempt faulted stands there twice.
command::Outcome<std::string> listing_of(const std::filesystem::path& file,
                                         const Symbols& application, const Symbols& kernel);

} // namespace benchmark
