// tests/host/vm/zipf_test.cpp - Zipf's distribution from integers: right, and the same for ever.

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

#include "bindings/zipf.hpp"

namespace {
std::uint64_t hash_of_draws(std::uint64_t numbers, std::uint64_t skew, std::uint64_t seed) {
    std::vector<std::uint64_t> sums(numbers);
    const bindings::Zipf zipf{sums, skew};
    bindings::Random random{seed};
    std::uint64_t hash = 0xcbf29ce484222325;
    for (int i = 0; i < 65536; ++i)
        hash = (hash ^ zipf.next(random)) * 0x100000001b3;
    return hash;
}
} // namespace

TEST_CASE("the Zipf draws of a seed are pinned", "[bindings][zipf]") {
    CHECK(hash_of_draws(16384, 99, 1) == 0xaf7d7ee4965b4934);
    CHECK(hash_of_draws(16384, 99, 2) == 0x985f7b0444b328c2);
    CHECK(hash_of_draws(1000, 120, 1) == 0x4436f6fab56b4e40);
}

TEST_CASE("Zipf weights are the real ones to a millionth", "[bindings][zipf]") {
    const std::uint64_t skew = GENERATE(0u, 50u, 99u, 100u, 120u);
    std::vector<std::uint64_t> sums(16384);
    const bindings::Zipf zipf{sums, skew};
    const double first = static_cast<double>(sums[0]);
    for (const std::size_t k : {1u, 2u, 9u, 99u, 1000u, 16383u}) {
        const double weight = static_cast<double>(sums[k] - sums[k - 1]) / first;
        const double real = std::pow(static_cast<double>(k + 1), -static_cast<double>(skew) / 100);
        CHECK(weight == Approx(real).epsilon(1e-6));
    }
}

TEST_CASE("Zipf numbers stay in range and the first is drawn most", "[bindings][zipf]") {
    std::vector<std::uint64_t> sums(100);
    const bindings::Zipf zipf{sums, 99};
    bindings::Random random{7};
    std::vector<int> counts(100);
    for (int i = 0; i < 100000; ++i)
        ++counts.at(zipf.next(random));
    for (std::size_t k = 1; k < 100; ++k)
        CHECK(counts[0] > counts[k]);
    // Its share is 1 / sum of k^-0.99 = 18.9 %.
    CHECK(counts[0] == Approx(18900).epsilon(0.03));
}

TEST_CASE("one Zipf number is always itself", "[bindings][zipf]") {
    std::vector<std::uint64_t> sums(1);
    const bindings::Zipf zipf{sums, 99};
    bindings::Random random{1};
    CHECK(zipf.next(random) == 0);
}
