// bindings/zipf.hpp - numbers in Zipf's distribution from integers only: the same in guest,
// simulator and tests, on every machine.
//
// Number k (from 0) has the weight (k+1)^-skew, computed in 32.32 fixed point through integer
// logarithm and power of two; a draw is one random number and a search in the sums of weights.
// The weights are within 1e-6 of the real ones; a golden hash of the draws is pinned by a test.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bindings/random.hpp"

namespace bindings {

namespace fixed_point {

inline constexpr std::uint64_t one = std::uint64_t{1} << 32; // 32.32

/// The base-two logarithm of the whole number `n` (not 0), bit by bit: squaring doubles it.
constexpr std::uint64_t log2(std::uint64_t n) {
    const auto whole = static_cast<std::uint32_t>(63 - __builtin_clzll(n));
    std::uint64_t result = std::uint64_t{whole} << 32;
    // 1 <= x < 2, with 62 bits behind the point
    std::uint64_t x = n << (62 - whole);
    for (std::uint64_t bit = one >> 1; bit != 0; bit >>= 1) {
        x = static_cast<std::uint64_t>(static_cast<unsigned __int128>(x) * x >> 62);
        if (x >= std::uint64_t{1} << 63) {
            x >>= 1;
            result |= bit;
        }
    }
    return result;
}

/// Square root of a number with 62 bits behind the point.
constexpr std::uint64_t square_root_62(std::uint64_t x) {
    const unsigned __int128 target = static_cast<unsigned __int128>(x) << 62;
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 63; bit != 0; bit >>= 1) {
        const std::uint64_t trial = root | bit;
        if (static_cast<unsigned __int128>(trial) * trial <= target)
            root = trial;
    }
    return root;
}

struct Powers {
    std::uint64_t of[32]; // 2^-(1/2), 2^-(1/4), 2^-(1/8) ... with 62 bits behind the point
};
constexpr Powers make_powers() {
    Powers powers{};
    std::uint64_t x = std::uint64_t{1} << 61; // one half
    for (std::uint64_t& power : powers.of)
        power = x = square_root_62(x);
    return powers;
}
inline constexpr Powers powers = make_powers();

/// Two to the power of minus `exponent` (32.32), with 62 bits behind the point.
constexpr std::uint64_t negative_power_of_two(std::uint64_t exponent) {
    std::uint64_t result = std::uint64_t{1} << 62;
    for (std::uint32_t i = 0; i < 32; ++i)
        if ((exponent & one >> (i + 1)) != 0)
            result = static_cast<std::uint64_t>(
                static_cast<unsigned __int128>(result) * powers.of[i] >> 62);
    const std::uint64_t whole = exponent >> 32;
    return whole < 63 ? result >> whole : 0;
}

} // namespace fixed_point

class Zipf {
public:
    static constexpr std::size_t largest_table = std::size_t{1} << 24;

    /// Numbers 0 .. sums.size()-1, with `skew_percent` hundredths as the exponent. `sums` is
    /// filled here and must outlive this object; it has 1 to largest_table places.
    constexpr Zipf(std::span<std::uint64_t> sums, std::uint64_t skew_percent) : sums_{sums} {
        std::uint64_t sum = 0;
        for (std::size_t k = 0; k < sums.size(); ++k) {
            const std::uint64_t exponent = fixed_point::log2(k + 1) * skew_percent / 100;
            // 38 bits behind the point: 2^24 numbers cannot overflow, and each weighs at least 1
            const std::uint64_t weight = fixed_point::negative_power_of_two(exponent) >> 24;
            sums[k] = sum += weight == 0 ? 1 : weight;
        }
    }

    constexpr std::uint64_t next(Random& random) const {
        const std::uint64_t draw = random.below(sums_.back());
        std::size_t low = 0;
        for (std::size_t high = sums_.size() - 1; low < high;) {
            const std::size_t middle = low + (high - low) / 2;
            if (sums_[middle] > draw)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

private:
    std::span<std::uint64_t> sums_; // sums_[k]: weight of all numbers up to and with k
};

} // namespace bindings
