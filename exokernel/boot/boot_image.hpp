// exokernel/boot/boot_image.hpp - the numbers and pages that came with the kernel.
//
// Whoever made the archive chose what runs, so damage is refused with a sentence at boot; no
// environment exists yet.

#pragma once

#include <span>

#include "bindings/abi/boot_image.hpp"

namespace exokernel {

/// Refuses to boot without one, or with one of another version.
const abi::BootImage& boot_image();

std::span<const abi::BootPage> boot_pages();

/// What the page begins with. Refuses to boot if that lies outside the archive.
std::span<const char> content_of(const abi::BootPage& page);

} // namespace exokernel
