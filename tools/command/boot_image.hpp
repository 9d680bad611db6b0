// tools/command/boot_image.hpp - the archive that a kernel boots (bindings/abi/boot_image.hpp).

#pragma once

#include "tools/command/ustar.hpp"

namespace command {

/// An archive with the members `boot`, `manifest` and the programs. Usage errors: the manifest is
/// too long, names no `app` or one that is not among the programs, or has something other than a
/// number where the kernel needs one; the program is no static ELF64 in the image's range.
Outcome<std::string> bootable_archive(const std::string& manifest,
                                      const std::vector<Member>& programs);

} // namespace command
