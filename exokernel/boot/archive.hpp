// exokernel/boot/archive.hpp - the ustar archive that came with the kernel, and its manifest.
//
// Whoever made the archive chose what runs, so damage is refused with a sentence at boot; no
// environment exists yet.

#pragma once

#include <cstdint>
#include <span>

namespace exokernel {

/// The contents of the member with this name; refuses to boot if the archive is damaged on the way
/// there. Empty data() if there is no such member.
std::span<const char> find_member(std::span<const char> name);

/// The manifest. Refuses to boot without one.
std::span<const char> manifest();

/// The value of `key` in the manifest; empty if it is missing.
std::span<const char> manifest_value(const char* key);

/// The number that `key` has in the manifest, or `otherwise`. Refuses to boot if it is none.
std::uint64_t manifest_number(const char* key, std::uint64_t otherwise);

} // namespace exokernel
