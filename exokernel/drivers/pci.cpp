// exokernel/drivers/pci.cpp - PCI configuration mechanism 1 (PCI Local Bus 3.0, section 3.2.2.3.2).

#include "exokernel/drivers/pci.hpp"

#include "exokernel/arch/x86_64/io_port.hpp"

namespace exokernel {
namespace {

constexpr std::uint16_t address_port = 0xcf8;
constexpr std::uint16_t data_port = 0xcfc;

constexpr std::uint8_t identity_register = 0x00; // vendor below, device above
constexpr std::uint8_t command_register = 0x04;
constexpr std::uint8_t status_register = 0x06;
constexpr std::uint8_t header_type_register = 0x0e;
constexpr std::uint8_t first_bar_register = 0x10;
constexpr std::uint8_t capabilities_register = 0x34;

constexpr std::uint16_t command_memory = 1u << 1;
constexpr std::uint16_t command_bus_master = 1u << 2;
constexpr std::uint16_t command_no_intx = 1u << 10;
constexpr std::uint16_t status_capabilities = 1u << 4;
constexpr std::uint8_t header_multifunction = 1u << 7;

constexpr std::uint32_t bar_is_port = 1u << 0;
constexpr std::uint32_t bar_width_mask = 3u << 1;
constexpr std::uint32_t bar_is_64_bit = 2u << 1;
constexpr std::uint32_t bar_flags = 0xf;
constexpr unsigned bar_count = 6;

// 192 bytes of capabilities of at least 4 bytes each: a longer list has a loop.
constexpr unsigned capability_limit = 48;

void select(PciFunction function, std::uint8_t offset) {
    const std::uint32_t device = function.device & 31u;
    const std::uint32_t number = function.function & 7u;
    out32(address_port, 1u << 31 | device << 11 | number << 8 | (offset & 0xfcu));
}

std::uint16_t data_port_of(std::uint8_t offset) {
    return static_cast<std::uint16_t>(data_port + (offset & 3u));
}

// The address bits that BAR register `offset` implements; decoding must be off.
std::uint32_t implemented_bits(PciFunction function, std::uint8_t offset) {
    const std::uint32_t value = read_pci32(function, offset);
    write_pci32(function, offset, ~0u);
    const std::uint32_t bits = read_pci32(function, offset);
    write_pci32(function, offset, value);
    return bits;
}

} // namespace

std::uint8_t read_pci8(PciFunction function, std::uint8_t offset) {
    select(function, offset);
    return in8(data_port_of(offset));
}

std::uint16_t read_pci16(PciFunction function, std::uint8_t offset) {
    select(function, offset);
    return in16(data_port_of(offset));
}

std::uint32_t read_pci32(PciFunction function, std::uint8_t offset) {
    select(function, offset);
    return in32(data_port);
}

void write_pci16(PciFunction function, std::uint8_t offset, std::uint16_t value) {
    select(function, offset);
    out16(data_port_of(offset), value);
}

void write_pci32(PciFunction function, std::uint8_t offset, std::uint32_t value) {
    select(function, offset);
    out32(data_port, value);
}

std::optional<PciFunction> find_pci_function(std::uint16_t vendor, std::uint16_t device) {
    const std::uint32_t wanted = static_cast<std::uint32_t>(device) << 16 | vendor;
    for (std::uint8_t slot = 0; slot < 32; ++slot) {
        // Functions 1..7 exist only where function 0 says so; absent ones read as all ones.
        std::uint8_t functions = 1;
        for (std::uint8_t number = 0; number < functions; ++number) {
            const PciFunction function{slot, number};
            const std::uint32_t identity = read_pci32(function, identity_register);
            if (identity == wanted)
                return function;
            if (number == 0 && identity != ~0u &&
                (read_pci8(function, header_type_register) & header_multifunction) != 0)
                functions = 8;
        }
    }
    return std::nullopt;
}

DeviceResult<PciRange> pci_base_address(PciFunction function, unsigned index) {
    if (index >= bar_count)
        return std::unexpected("a PCI capability names a base address register beyond the sixth");
    const auto offset = static_cast<std::uint8_t>(first_bar_register + index * 4);
    const std::uint32_t low = read_pci32(function, offset);
    if ((low & bar_is_port) != 0)
        return std::unexpected("a PCI base address register decodes ports where memory is needed");
    const bool is_64_bit = (low & bar_width_mask) == bar_is_64_bit;
    if (is_64_bit && index + 1 >= bar_count)
        return std::unexpected("the last PCI base address register claims to be 64 bits wide");
    const auto upper_offset = static_cast<std::uint8_t>(offset + 4);

    std::uint64_t physical = low & ~bar_flags;
    if (is_64_bit)
        physical |= static_cast<std::uint64_t>(read_pci32(function, upper_offset)) << 32;
    if (physical == 0)
        return std::unexpected("the firmware left a PCI base address register empty; give the "
                               "machine fewer or smaller devices");

    // Reading the size moves the window for a moment; with decoding off nobody is in its way.
    const std::uint16_t command = read_pci16(function, command_register);
    write_pci16(function, command_register, static_cast<std::uint16_t>(command & ~command_memory));
    std::uint64_t bits = implemented_bits(function, offset) & ~bar_flags;
    if (is_64_bit)
        bits |= static_cast<std::uint64_t>(implemented_bits(function, upper_offset)) << 32;
    else
        bits |= 0xffff'ffffull << 32;
    write_pci16(function, command_register, command);

    // The lowest implemented address bit is the size.
    return PciRange{.physical = physical, .bytes = bits & (~bits + 1)};
}

void enable_pci_function(PciFunction function) {
    const std::uint16_t command = read_pci16(function, command_register);
    write_pci16(function, command_register,
                static_cast<std::uint16_t>(command | command_memory | command_bus_master |
                                           command_no_intx));
}

std::uint8_t find_pci_capability(PciFunction function, std::uint8_t identity, std::uint8_t after) {
    if ((read_pci16(function, status_register) & status_capabilities) == 0)
        return 0;
    const auto link = static_cast<std::uint8_t>(after == 0 ? capabilities_register : after + 1);
    auto offset = static_cast<std::uint8_t>(read_pci8(function, link) & 0xfcu);
    for (unsigned seen = 0; offset != 0 && seen < capability_limit; ++seen) {
        if (read_pci8(function, offset) == identity)
            return offset;
        offset = read_pci8(function, static_cast<std::uint8_t>(offset + 1)) & 0xfcu;
    }
    return 0;
}

} // namespace exokernel
