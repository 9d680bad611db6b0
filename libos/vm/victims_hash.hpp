// libos/vm/victims_hash.hpp - one number for all victims in their order: equal numbers, equal runs.

#pragma once

#include <array>

#include "libos/vm/replacement_policy.hpp"

namespace libos {

inline constexpr std::uint64_t no_victims = 0xcbf2'9ce4'8422'2325;

/// FNV-1a over the eight bytes of `page`, lowest first.
constexpr std::uint64_t add_to_hash(std::uint64_t hash, PageNo page) {
    constexpr std::uint64_t prime = 0x0000'0100'0000'01b3;
    std::uint32_t bytes = 8;
    for (; page != 0; page >>= 8, --bytes)
        hash = (hash ^ (page & 0xff)) * prime;
    // What is left are zero bytes, and each of those only multiplies.
    constexpr auto powers = [] {
        std::array<std::uint64_t, 9> all{1};
        for (std::size_t i = 1; i < all.size(); ++i)
            all[i] = all[i - 1] * prime;
        return all;
    }();
    return hash * powers[bytes];
}

} // namespace libos
