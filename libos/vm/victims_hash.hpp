// libos/vm/victims_hash.hpp - one number for all victims in their order: equal numbers, equal runs.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos {

inline constexpr std::uint64_t no_victims = 0xcbf2'9ce4'8422'2325;

/// FNV-1a over the eight bytes of `page`, lowest first.
constexpr std::uint64_t add_to_hash(std::uint64_t hash, PageNo page) {
    constexpr std::uint64_t prime = 0x0000'0100'0000'01b3;
    if (page >> 16 == 0) [[likely]] {
        // Six of the eight bytes are zero, and each of those only multiplies.
        constexpr std::uint64_t prime3 = prime * prime * prime;
        hash = (hash ^ (page & 0xff)) * prime;
        return (hash ^ page >> 8) * (prime3 * prime3 * prime);
    }
    for (int byte = 0; byte != 8; ++byte, page >>= 8)
        hash = (hash ^ (page & 0xff)) * prime;
    return hash;
}

} // namespace libos
