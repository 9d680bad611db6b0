// tests/host/exokernel/acpi_test.cpp - the firmware's tables of processors and nodes, right ones
// and any others.

#include "tests/host/exokernel/physical_memory.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <rapidcheck.h>
#include <span>
#include <string>
#include <vector>

#include "exokernel/drivers/acpi.hpp"
#include "exokernel/drivers/acpi_nodes.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint64_t pointer = 0x100;

template <class Number> void append(Bytes& bytes, Number number) {
    std::uint8_t raw[sizeof number];
    std::memcpy(raw, &number, sizeof number);
    bytes.insert(bytes.end(), raw, raw + sizeof number);
}

Bytes table(const std::string& signature, const Bytes& body) {
    Bytes bytes{signature.begin(), signature.end()};
    append(bytes, static_cast<std::uint32_t>(36 + body.size()));
    bytes.resize(36);
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

Bytes processor(std::uint32_t node, std::uint8_t identity, std::uint32_t flags = 1) {
    Bytes bytes{0, 16, static_cast<std::uint8_t>(node), identity};
    append(bytes, flags);
    append(bytes, node & 0xffff'ff00);
    append(bytes, std::uint32_t{0});
    return bytes;
}

Bytes memory(std::uint32_t node, std::uint64_t begin, std::uint64_t length,
             std::uint32_t flags = 1) {
    Bytes bytes{1, 40};
    append(bytes, node);
    append(bytes, std::uint16_t{0});
    append(bytes, begin);
    append(bytes, length);
    append(bytes, std::uint32_t{0});
    append(bytes, flags);
    append(bytes, std::uint64_t{0});
    return bytes;
}

Bytes affinities(const std::vector<Bytes>& entries) {
    Bytes body(12);
    for (const Bytes& entry : entries)
        body.insert(body.end(), entry.begin(), entry.end());
    return table("SRAT", body);
}

Bytes distances(std::uint64_t count, const Bytes& matrix) {
    Bytes body;
    append(body, count);
    body.insert(body.end(), matrix.begin(), matrix.end());
    return table("SLIT", body);
}

void put(std::uint64_t at, const Bytes& bytes) {
    REQUIRE(at + bytes.size() <= sizeof exokernel::test_memory);
    std::memcpy(exokernel::test_memory + at, bytes.data(), bytes.size());
}

// What is read where the firmware has these tables.
abi::Nodes read(const std::vector<Bytes>& tables) {
    std::memset(exokernel::test_memory, 0, sizeof exokernel::test_memory);
    exokernel::firmware_nodes = {};
    Bytes root;
    std::uint64_t at = 0x1000;
    for (const Bytes& each : tables) {
        append(root, static_cast<std::uint32_t>(at));
        put(at, each);
        at += 0x2000;
    }
    put(0x200, table("RSDT", root));
    put(pointer + 16, {0x00, 0x02, 0, 0});
    std::array<std::uint8_t, 8> identities;
    exokernel::read_topology(pointer, identities);
    return exokernel::firmware_nodes.said;
}

constexpr std::uint64_t mib = 1 << 20, frames_of_mib = 256;

} // namespace

TEST_CASE("memory, processors and distances are those of the firmware's tables", "[acpi]") {
    const abi::Nodes nodes =
        read({affinities({processor(0, 4), processor(1, 9), memory(0, 0, 128 * mib),
                          memory(1, 128 * mib, 64 * mib), memory(0, 4096 * mib, 1 * mib)}),
              distances(2, {10, 31, 17, 10})});
    REQUIRE(nodes.count == 2);
    REQUIRE(nodes.ranges == 3);
    CHECK(nodes.range[1].first_frame == 128 * frames_of_mib);
    CHECK(nodes.range[1].frames == 64 * frames_of_mib);
    CHECK(nodes.range[1].node == 1);
    CHECK(nodes.range[2].first_frame == 4096 * frames_of_mib);
    CHECK(nodes.range[2].node == 0);
    CHECK(nodes.distance[0][1] == 31);
    CHECK(nodes.distance[1][0] == 17);
    CHECK(exokernel::firmware_nodes.node_of_identity[4] == 0);
    CHECK(exokernel::firmware_nodes.node_of_identity[9] == 1);
}

TEST_CASE("without a table of distances others are twice as far as the own memory", "[acpi]") {
    const abi::Nodes nodes = read({affinities({memory(0, 0, mib), memory(1, mib, mib)})});
    CHECK(nodes.distance[0][0] == 10);
    CHECK(nodes.distance[0][1] == 20);
    CHECK(nodes.distance[1][1] == 10);
}

TEST_CASE("entries that are disabled, of no whole frame or of a node too many are left out",
          "[acpi]") {
    CHECK(read({}).count == 0);
    CHECK(read({affinities({})}).count == 0);
    CHECK(read({affinities({memory(0, 0, mib, 0)})}).count == 0);
    CHECK(read({affinities({memory(0, 100, 4096)})}).count == 0);
    CHECK(read({affinities({memory(0, ~std::uint64_t{0} - 4095, 8192)})}).count == 0);
    CHECK(read({affinities({memory(abi::most_nodes, 0, mib)})}).count == 0);
    CHECK(read({affinities({processor(0x100, 3), memory(0, 0, mib)})}).count == 1);
    CHECK(exokernel::firmware_nodes.node_of_identity[3] == 0);
    std::vector<Bytes> many;
    for (std::uint64_t i = 0; i != abi::most_node_ranges + 2u; ++i)
        many.push_back(memory(0, i * mib, mib));
    CHECK(read({affinities(many)}).ranges == abi::most_node_ranges);
    // More localities than the table has bytes for.
    const auto short_matrix = read(
        {affinities({memory(0, 0, mib), memory(1, mib, mib)}), distances(3, {10, 31, 17, 10})});
    CHECK(short_matrix.distance[0][1] == 20);
    const auto absurd = read(
        {affinities({memory(0, 0, mib)}), distances(std::uint64_t{1} << 32, {10, 31, 17, 10})});
    CHECK(absurd.distance[0][1] == 20);
}

TEST_CASE("whatever the tables hold, what is read of them is within its bounds", "[acpi]") {
    const auto property = [] {
        Bytes srat(12);
        const auto body = *rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>());
        srat.insert(srat.end(), body.begin(), body.end());
        // Entries that begin like real ones are reached now and then.
        for (std::size_t at = 12; at + 2 < srat.size(); at += 40) {
            srat[at] = *rc::gen::inRange<std::uint8_t>(0, 3);
            srat[at + 1] = *rc::gen::element<std::uint8_t>(0, 1, 2, 16, 24, 40, 255);
        }
        const abi::Nodes nodes =
            read({table("SRAT", srat),
                  table("SLIT", *rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>()))});
        RC_ASSERT(nodes.count <= abi::most_nodes);
        RC_ASSERT(nodes.ranges <= abi::most_node_ranges);
        bool sound = true;
        for (std::uint32_t i = 0; i != nodes.ranges; ++i)
            sound = sound && nodes.range[i].node < nodes.count && nodes.range[i].frames != 0;
        RC_ASSERT(sound);
        for (const std::uint8_t node : exokernel::firmware_nodes.node_of_identity)
            RC_ASSERT(node < abi::most_nodes);
    };
    CHECK(rc::check(property));
}
