// exokernel/boot/boot_memory.hpp - where the memory taken at boot ends.

#pragma once

#include <cstdint>

namespace exokernel {

/// First physical address that was not handed out; frames below it are never free.
std::uint64_t boot_memory_end();

} // namespace exokernel
