// exokernel/boot/archive.hpp - the ustar archive that came with the kernel, and its manifest.
//
// Whoever made the archive chose what runs, so damage is refused with a sentence at boot; no
// environment exists yet.

#pragma once

#include <cstdint>
#include <string_view>

namespace exokernel {

/// The contents of the member with this name; refuses to boot if the archive is damaged on the way
/// there. Empty data() if there is no such member.
std::string_view find_member(std::string_view name);

/// The manifest. Refuses to boot without one.
std::string_view manifest();

/// The value of `key` in the manifest; empty if it is missing.
std::string_view manifest_value(std::string_view key);

/// The number that `key` has in the manifest, or `otherwise`. Refuses to boot if it is none.
std::uint64_t manifest_number(const char* key, std::uint64_t otherwise);

} // namespace exokernel
