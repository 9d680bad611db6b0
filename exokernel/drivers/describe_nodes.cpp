// exokernel/drivers/describe_nodes.cpp - what the system page says of nodes.

#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/drivers/acpi.hpp"
#include "exokernel/drivers/acpi_nodes.hpp"
#include "exokernel/memory/system_page.hpp"

namespace exokernel {

void describe_nodes() {
    abi::Nodes& nodes = system_page().nodes;
    nodes = firmware_nodes.said;
    if (nodes.count == 0) { // one node has all
        nodes.count = nodes.ranges = 1;
        nodes.range[0] = {0, boot_information.ram_end >> 12, 0};
        nodes.distance[0][0] = abi::own_distance;
        return;
    }
    for (std::uint32_t i = 0; i != processor_count; ++i)
        nodes.of_processor[i] = firmware_nodes.node_of_identity[processors[i].apic_identity];
}

} // namespace exokernel
