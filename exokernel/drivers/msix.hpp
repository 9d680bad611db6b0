// exokernel/drivers/msix.hpp - the MSI-X table of a PCI function: one message per interrupt source.
//
// An entry that is masked holds its interrupt back in a pending bit of the device and delivers it
// when it is unmasked (PCI Local Bus 3.0, section 6.8.2.9). The deterministic profile rests on
// this: the kernel decides when a completion becomes visible, not the host.

#pragma once

#include <cstdint>

#include "exokernel/drivers/pci.hpp"

namespace exokernel {

struct MsixEntry {
    std::uint32_t address_low;
    std::uint32_t address_high;
    std::uint32_t data;
    std::uint32_t vector_control; // bit 0: masked
};
static_assert(sizeof(MsixEntry) == 16);

inline constexpr std::uint32_t msix_masked = 1;
inline constexpr std::uint32_t msix_unmasked = 0;

class MsixTable final {
public:
    /// Finds the table of `function`, maps it, masks every entry and switches MSI-X on.
    static DeviceResult<MsixTable> enable(PciFunction function);

    unsigned entry_count() const { return entry_count_; }

    /// Makes entry `index` (below entry_count) raise `vector` on the CPU `local_apic_id`, as an
    /// edge with fixed delivery; the entry stays masked. Returns its vector control register.
    volatile std::uint32_t* direct(unsigned index, std::uint8_t vector, std::uint8_t local_apic_id);

private:
    volatile MsixEntry* entries_ = nullptr;
    unsigned entry_count_ = 0;
};

} // namespace exokernel
