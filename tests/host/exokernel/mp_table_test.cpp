// tests/host/exokernel/mp_table_test.cpp - processors of a machine without ACPI.

#include "tests/host/exokernel/physical_memory.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <rapidcheck.h>
#include <vector>

#include "exokernel/drivers/acpi.hpp"
#include "exokernel/drivers/mp_table.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

void put(std::uint64_t at, const Bytes& bytes) {
    REQUIRE(at + bytes.size() <= sizeof exokernel::test_memory);
    std::memcpy(exokernel::test_memory + at, bytes.data(), bytes.size());
}

Bytes processor(std::uint8_t identity, std::uint8_t flags = 1) {
    Bytes bytes(20);
    bytes[1] = identity;
    bytes[3] = flags;
    return bytes;
}
Bytes other(std::uint8_t type) { return {type, 7, 1, 1, 0, 0, 0, 0}; }

Bytes table(const std::vector<Bytes>& entries) {
    Bytes bytes{'P', 'C', 'M', 'P'};
    bytes.resize(44);
    for (const Bytes& entry : entries)
        bytes.insert(bytes.end(), entry.begin(), entry.end());
    bytes[4] = static_cast<std::uint8_t>(bytes.size());
    bytes[5] = static_cast<std::uint8_t>(bytes.size() >> 8);
    return bytes;
}

Bytes pointer_to(std::uint32_t address) {
    Bytes bytes{'_', 'M', 'P', '_'};
    for (int shift = 0; shift != 32; shift += 8)
        bytes.push_back(static_cast<std::uint8_t>(address >> shift));
    bytes.insert(bytes.end(), {1, 4, 0, 0, 0, 0, 0, 0});
    std::uint8_t sum = 0;
    for (const std::uint8_t byte : bytes)
        sum = static_cast<std::uint8_t>(sum + byte);
    bytes[10] = static_cast<std::uint8_t>(-sum);
    return bytes;
}

void forget_all() { std::memset(exokernel::test_memory, 0, sizeof exokernel::test_memory); }

Bytes read(std::size_t most = 8) {
    Bytes identities(most);
    identities.resize(exokernel::read_mp_table(identities));
    return identities;
}

constexpr std::uint32_t where = 0xf'1000;
const std::vector<Bytes> three{processor(4), other(1), processor(9, 0), other(2), processor(6, 3)};

} // namespace

TEST_CASE("where there is no MADT the processors are those of the MP table", "[mp]") {
    forget_all();
    put(0xf'0020, pointer_to(where));
    put(where, table(three));
    CHECK(read() == Bytes{4, 6}); // the disabled one is left out
    CHECK(read(1) == Bytes{4});
    std::array<std::uint8_t, 8> identities;
    CHECK(exokernel::read_topology(0, identities) == 2); // without an RSDP
}

TEST_CASE("the pointer is looked for in all three places, and believed if its sum is right",
          "[mp]") {
    for (const std::uint64_t at : {0x8'0010u, 0x9'fff0u, 0xf'fff0u}) {
        forget_all();
        put(0x40e, {0x00, 0x80}); // the extended data area is at 0x80000
        put(where, table(three));
        put(at, pointer_to(where));
        CAPTURE(at);
        CHECK(read().size() == 2);
        Bytes wrong = pointer_to(where);
        ++wrong[10];
        put(at, wrong);
        CHECK(read().empty());
        put(at, pointer_to(where));
        put(where, {'X'});
        CHECK(read().empty());
    }
    forget_all();
    CHECK(read().empty());
}

TEST_CASE("whatever the MP table holds, what is read of it is within its bounds", "[mp]") {
    const auto property = [] {
        forget_all();
        put(0xf'0000, pointer_to(*rc::gen::element<std::uint32_t>(
                          std::uint32_t{where}, 0, 0xf'ffd4, 0xf'fffc, 0x10'0000, 0xffff'fff0)));
        Bytes bytes = table({});
        const auto body = *rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>());
        bytes.insert(bytes.end(), body.begin(), body.end());
        bytes[4] = *rc::gen::arbitrary<std::uint8_t>();
        bytes[5] = *rc::gen::arbitrary<std::uint8_t>();
        put(where, bytes);
        put(0xf'ffd4, Bytes(bytes.begin(), bytes.begin() + 44)); // the last place for one
        RC_ASSERT(read(4).size() <= 4);
    };
    CHECK(rc::check(property));
}
