// tools/command/ustar.hpp - writes the archive that travels with the kernel
// (bindings/abi/archive.hpp).
//
// Guarantees: plain POSIX ustar that `tar -t` reads, of the same bytes for the same members: no
// dates, owners or host names go in.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/command/exit_code.hpp"

namespace command {

struct Member {
    std::string name; // at most 99 bytes
    std::string content;
};

Outcome<std::string> ustar(const std::vector<Member>& members);

/// What the kernel needs of an ELF64 program: the file up to the end of its last loaded segment,
/// without section headers and debug information. Anything that is no ELF64 is returned as it is.
std::string loadable_part(std::string_view elf);

} // namespace command
