// exokernel/drivers/msix.cpp - PCI Local Bus 3.0, section 6.8.2.

#include "exokernel/drivers/msix.hpp"

#include "exokernel/arch/x86_64/direct_map.hpp"

namespace exokernel {
namespace {

// Registers of the capability.
constexpr std::uint8_t message_control = 2;
constexpr std::uint8_t table_location = 4; // BAR number in the low three bits, then the offset

constexpr std::uint16_t control_enable = 1u << 15;
constexpr std::uint16_t control_mask_all = 1u << 14;
constexpr std::uint16_t control_size_mask = 0x7ff; // entries - 1

constexpr std::uint32_t local_apic_messages = 0xfee0'0000; // destination in bits 19..12

} // namespace

DeviceResult<MsixTable> MsixTable::enable(PciFunction function) {
    const std::uint8_t capability = find_pci_capability(function, pci_capability_msix);
    if (capability == 0)
        return std::unexpected("the device has no MSI-X; give it interrupt vectors (vectors=33)");
    const auto control_register = static_cast<std::uint8_t>(capability + message_control);
    const std::uint32_t location =
        read_pci32(function, static_cast<std::uint8_t>(capability + table_location));
    const std::uint16_t control = read_pci16(function, control_register);
    const unsigned count = (control & control_size_mask) + 1u;

    const DeviceResult<PciRange> bar = pci_base_address(function, location & 7u);
    if (!bar)
        return std::unexpected(bar.error());
    const std::uint64_t offset = location & ~7u;
    const std::uint64_t bytes = count * sizeof(MsixEntry);
    if (offset + bytes > bar->bytes)
        return std::unexpected("the MSI-X table does not fit into its base address register");

    MsixTable table;
    map_device(bar->physical + offset, bytes);
    table.entries_ = at_physical<volatile MsixEntry>(bar->physical + offset);
    table.entry_count_ = count;

    // All sources held while the entries are written; afterwards each entry's own mask counts.
    write_pci16(function, control_register,
                static_cast<std::uint16_t>(control | control_enable | control_mask_all));
    for (unsigned index = 0; index < count; ++index)
        table.entries_[index].vector_control = msix_masked;
    write_pci16(function, control_register,
                static_cast<std::uint16_t>((control | control_enable) & ~control_mask_all));
    return table;
}

volatile std::uint32_t* MsixTable::direct(unsigned index, std::uint8_t vector,
                                          std::uint8_t local_apic_id) {
    volatile MsixEntry& entry = entries_[index];
    entry.address_low = local_apic_messages | static_cast<std::uint32_t>(local_apic_id) << 12;
    entry.address_high = 0;
    entry.data = vector;
    return &entry.vector_control;
}

} // namespace exokernel
