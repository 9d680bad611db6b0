// tools/command/symbols.hpp - places in a program by name.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace command {

/// "function at file:line" of an address of the ELF file `program`, or "" if it has none or no
/// symbolizer is there.
std::string symbol_of(const std::filesystem::path& program, std::uint64_t address);

} // namespace command
