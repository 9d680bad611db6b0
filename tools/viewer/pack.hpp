// tools/viewer/pack.hpp - numbers as few bytes, and bytes as text, for the data of the page.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace viewer {

/// Appends `value` in groups of 7 bits, the lowest first; bit 7 says that more follow.
void put_varint(std::string& bytes, std::uint64_t value);

/// A difference modulo 2^64 as a number that is small if the difference is, of either sign.
constexpr std::uint64_t zigzag(std::uint64_t difference) {
    return difference << 1 ^ (difference >> 63 != 0 ? ~0ull : 0);
}

std::string base64(std::string_view bytes);

} // namespace viewer
