// exokernel/boot/boot_memory.hpp - memory for what is laid out once, at boot.
//
// Hands out zeroed frames from the lowest free RAM until the frame table is built; afterwards it
// is sealed and asking panics. Nothing that is taken here ever comes back.

#pragma once

#include <cstdint>

namespace exokernel {

/// The physical address of `count` contiguous, zeroed frames.
std::uint64_t take_boot_frames(std::uint64_t count);

/// Seals it. Returns the first physical address that was not handed out; frames below it are never
/// free.
std::uint64_t seal_boot_memory();

} // namespace exokernel
