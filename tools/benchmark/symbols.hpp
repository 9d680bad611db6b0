// tools/benchmark/symbols.hpp - the symbol table of an ELF64 program.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "tools/command/exit_code.hpp"

namespace benchmark {

using Symbols = std::map<std::string, std::uint64_t, std::less<>>;

/// Every named symbol of `program` that is defined in it.
command::Outcome<Symbols> symbols_of(const std::filesystem::path& program);

} // namespace benchmark
