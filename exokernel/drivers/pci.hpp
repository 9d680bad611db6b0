// exokernel/drivers/pci.hpp - PCI configuration space of bus 0, through ports 0xcf8 and 0xcfc.
//
// Finds functions and capabilities and says where the firmware placed the base address registers
// (BARs). Assigns nothing itself: a BAR that the firmware left empty is an error. Bridges are not
// followed. Used at boot, on one CPU, with interrupts off.

#pragma once

#include <cstdint>
#include <optional>

#include "exokernel/drivers/device_result.hpp"

namespace exokernel {

struct PciFunction {
    std::uint8_t device;   // 0..31 on bus 0
    std::uint8_t function; // 0..7
};

// Physical addresses that a function decodes.
struct PciRange {
    std::uint64_t physical;
    std::uint64_t bytes;
};

inline constexpr std::uint8_t pci_capability_vendor = 0x09;
inline constexpr std::uint8_t pci_capability_msix = 0x11;

/// One register; `offset` is a multiple of its width.
std::uint8_t read_pci8(PciFunction function, std::uint8_t offset);
std::uint16_t read_pci16(PciFunction function, std::uint8_t offset);
std::uint32_t read_pci32(PciFunction function, std::uint8_t offset);
void write_pci16(PciFunction function, std::uint8_t offset, std::uint16_t value);
void write_pci32(PciFunction function, std::uint8_t offset, std::uint32_t value);

/// The first function on bus 0 with these identities.
std::optional<PciFunction> find_pci_function(std::uint16_t vendor, std::uint16_t device);

/// Where BAR `index` (0..5) decodes, 32 or 64 bits wide. Decoding is off for a moment while the
/// size is read.
DeviceResult<PciRange> pci_base_address(PciFunction function, unsigned index);

/// Lets the function decode memory and master the bus; its INTx line is switched off.
void enable_pci_function(PciFunction function);

/// Offset of the next capability with `identity` behind the capability at `after` (0: the first),
/// or 0 if there is none.
std::uint8_t find_pci_capability(PciFunction function, std::uint8_t identity,
                                 std::uint8_t after = 0);

} // namespace exokernel
