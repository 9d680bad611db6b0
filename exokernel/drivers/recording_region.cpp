// exokernel/drivers/recording_region.cpp - finds the ivshmem device (QEMU, ivshmem-spec).

#include "exokernel/drivers/recording_region.hpp"

#include "exokernel/drivers/pci.hpp"

namespace exokernel {

DeviceResult<RecordingRegion> find_recording_region() {
    constexpr std::uint16_t vendor = 0x1af4;
    constexpr std::uint16_t device = 0x1110;
    constexpr unsigned shared_memory_bar = 2;

    const std::optional<PciFunction> function = find_pci_function(vendor, device);
    if (!function)
        return std::unexpected("the machine has no recording region; add an ivshmem-plain device");
    const DeviceResult<PciRange> memory = pci_base_address(*function, shared_memory_bar);
    if (!memory)
        return std::unexpected(memory.error());
    enable_pci_function(*function);
    return RecordingRegion{.physical = memory->physical, .bytes = memory->bytes};
}

} // namespace exokernel
