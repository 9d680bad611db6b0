// exokernel/drivers/acpi_nodes.cpp - SRAT: who is in which node; SLIT: how far nodes are apart.

#include "exokernel/drivers/acpi_nodes.hpp"

#include "exokernel/drivers/acpi_table.hpp"

namespace exokernel {

constinit FirmwareNodes firmware_nodes{};

namespace {

// Types of SRAT entries, and the bytes that are read of them.
constexpr std::uint8_t processor_entry = 0, memory_entry = 1;
constexpr std::uint64_t processor_bytes = 16, memory_bytes = 40;

void add_memory(std::uint64_t at) {
    const auto node = acpi::number_at<std::uint32_t>(at + 2);
    const auto begin = acpi::number_at<std::uint64_t>(at + 8);
    const auto bytes = acpi::number_at<std::uint64_t>(at + 16);
    const bool enabled = (acpi::number_at<std::uint32_t>(at + 28) & 1) != 0;
    abi::Nodes& said = firmware_nodes.said;
    // Whole frames only; as large as memory can be at all.
    constexpr std::uint64_t most = std::uint64_t{1} << 52;
    if (!enabled || node >= abi::most_nodes || said.ranges == abi::most_node_ranges ||
        begin > most || bytes > most)
        return;
    const std::uint64_t first = (begin + 4095) >> 12;
    const std::uint64_t end = (begin + bytes) >> 12;
    if (first >= end)
        return;
    said.range[said.ranges++] = {first, end - first, node};
    said.count = said.count > node ? said.count : node + 1;
}

void add_processor(std::uint64_t at) {
    const auto node = acpi::number_at<std::uint8_t>(at + 2) |
                      (acpi::number_at<std::uint32_t>(at + 8) & 0xffff'ff00);
    const bool enabled = (acpi::number_at<std::uint32_t>(at + 4) & 1) != 0;
    if (enabled && node < abi::most_nodes)
        firmware_nodes.node_of_identity[acpi::number_at<std::uint8_t>(at + 3)] =
            static_cast<std::uint8_t>(node);
}

} // namespace

void read_nodes(std::uint64_t pointer) {
    const std::uint64_t affinities = acpi::find_table(pointer, "SRAT");
    if (affinities == 0)
        return;
    const std::uint64_t first = affinities + acpi::header_bytes + 12;
    acpi::for_entries(affinities, first, processor_bytes, [&](std::uint8_t type, std::uint64_t at) {
        if (type == processor_entry)
            add_processor(at);
        else if (type == memory_entry && at + memory_bytes <= acpi::end_of(affinities))
            add_memory(at);
    });
    // Where nothing is said, as far as ACPI assumes.
    auto& distance = firmware_nodes.said.distance;
    for (std::uint32_t from = 0; from != abi::most_nodes; ++from)
        for (std::uint32_t to = 0; to != abi::most_nodes; ++to)
            distance[from][to] = from == to ? abi::own_distance : 2 * abi::own_distance;
    const std::uint64_t distances = acpi::find_table(pointer, "SLIT");
    if (distances == 0)
        return;
    const auto count = acpi::number_at<std::uint64_t>(distances + acpi::header_bytes);
    const std::uint64_t matrix = distances + acpi::header_bytes + 8;
    if (count > acpi::longest || matrix + count * count > acpi::end_of(distances))
        return;
    for (std::uint64_t from = 0; from != count && from != abi::most_nodes; ++from)
        for (std::uint64_t to = 0; to != count && to != abi::most_nodes; ++to)
            distance[from][to] = acpi::number_at<std::uint8_t>(matrix + from * count + to);
}

} // namespace exokernel
