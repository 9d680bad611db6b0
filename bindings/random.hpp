// bindings/random.hpp - the one pseudo-random generator: integers only, seeded, the same in guest,
// simulator and tests.
//
// splitmix64 (Steele, Lea, Flood, OOPSLA 2014): full period, any seed is a good one.

#pragma once

#include <cstdint>

namespace bindings {

class Random {
public:
    constexpr explicit Random(std::uint64_t seed) : state_{seed} {}

    constexpr std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e37'79b9'7f4a'7c15);
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
        return z ^ (z >> 31);
    }

    /// A number below `bound` (not 0), without bias worth naming: the high half of a 128-bit
    /// product.
    constexpr std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>(static_cast<unsigned __int128>(next()) * bound >> 64);
    }

private:
    std::uint64_t state_;
};

} // namespace bindings
