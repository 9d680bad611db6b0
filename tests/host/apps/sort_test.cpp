// tests/host/apps/sort_test.cpp - the record sort of apps/sort against the C++ library's.

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "apps/sort/sort_records.hpp"
#include "bindings/random.hpp"

namespace {

std::vector<std::string> split(const std::vector<std::byte>& bytes, std::size_t size) {
    std::vector<std::string> records;
    for (std::size_t i = 0; i < bytes.size(); i += size)
        records.emplace_back(reinterpret_cast<const char*>(bytes.data()) + i, size);
    return records;
}

bool sorts(std::vector<std::byte> bytes, std::size_t size) {
    // Order of unsigned bytes, as memcmp's.
    auto expected = split(bytes, size);
    std::ranges::sort(expected);
    const auto records = std::make_unique<sort::Records>(bytes.data(), size);
    records->sort(bytes.size() / size);
    return split(bytes, size) == expected;
}

std::vector<std::byte> make(std::size_t count, std::size_t size, auto value) {
    std::vector<std::byte> bytes(count * size);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(value(i / size, i % size));
    return bytes;
}

} // namespace

TEST_CASE("records of any size are sorted as memcmp orders them", "[apps][sort]") {
    const std::size_t size = GENERATE(1u, 7u, 8u, 64u, 100u, 4096u);
    const std::size_t count = GENERATE(0u, 1u, 2u, 3u, 12u, 13u, 100u, 1000u);
    bindings::Random random{size * 1000 + count};
    CHECK(sorts(make(count, size, [&](auto, auto) { return random.next(); }), size));
}

TEST_CASE("records with few different values are sorted", "[apps][sort]") {
    const std::uint64_t values = GENERATE(1u, 2u, 5u);
    bindings::Random random{values};
    CHECK(sorts(make(5000, 4, [&](auto, auto) { return random.below(values); }), 4));
}

TEST_CASE("records already sorted, reversed, or shaped like an organ pipe are sorted",
          "[apps][sort]") {
    const int shape = GENERATE(0, 1, 2);
    const std::size_t count = 20000;
    CHECK(sorts(make(count, 4,
                     [&](std::size_t record, std::size_t byte) {
                         const std::size_t key = shape == 0   ? record
                                                 : shape == 1 ? count - record
                                                              : std::min(record, count - record);
                         return key >> 8 * (3 - byte);
                     }),
                4));
}
