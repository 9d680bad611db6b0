// exokernel/drivers/virtio_device.cpp - initialising a Virtio 1.x device (Virtio 1.1, section 3.1).

#include "exokernel/drivers/virtio_device.hpp"

#include "exokernel/arch/x86_64/direct_map.hpp"

namespace exokernel {
namespace {

// Kinds of structure, and the fields of the capability that locates one (section 4.1.4).
constexpr std::uint8_t structure_common = 1;
constexpr std::uint8_t structure_notify = 2;
constexpr std::uint8_t structure_device = 4;
constexpr std::uint8_t capability_type = 3;
constexpr std::uint8_t capability_bar = 4;
constexpr std::uint8_t capability_offset = 8;
constexpr std::uint8_t capability_length = 12;
constexpr std::uint8_t capability_multiplier = 16;

// Section 2.1.
constexpr std::uint8_t status_acknowledge = 1;
constexpr std::uint8_t status_driver = 2;
constexpr std::uint8_t status_driver_ok = 4;
constexpr std::uint8_t status_features_ok = 8;

constexpr std::uint16_t no_vector = 0xffff;
constexpr unsigned reset_patience = 1'000'000;
constexpr unsigned generation_patience = 16;

std::uint32_t low_half(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high_half(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

// 64-bit fields take two 32-bit stores (section 4.1.3.1).
void store64(volatile std::uint32_t (&field)[2], std::uint64_t value) {
    field[0] = low_half(value);
    field[1] = high_half(value);
}

} // namespace

DeviceResult<VirtioDevice::Structure>
VirtioDevice::find_structure(PciFunction function, std::uint8_t type, std::uint64_t least_bytes) {
    std::uint8_t capability = 0;
    // At most 48 capabilities fit: a longer walk is a loop.
    for (unsigned seen = 0; seen < 48; ++seen) {
        capability = find_pci_capability(function, pci_capability_vendor, capability);
        if (capability == 0)
            break;
        const auto field = [&](std::uint8_t offset) {
            return static_cast<std::uint8_t>(capability + offset);
        };
        if (read_pci8(function, field(capability_type)) != type)
            continue;
        const DeviceResult<PciRange> bar =
            pci_base_address(function, read_pci8(function, field(capability_bar)));
        if (!bar)
            return std::unexpected(bar.error());
        const std::uint64_t offset = read_pci32(function, field(capability_offset));
        const std::uint64_t bytes = read_pci32(function, field(capability_length));
        if (offset + bytes > bar->bytes || bytes < least_bytes)
            return std::unexpected("a virtio structure does not fit into its base address "
                                   "register, or is too short");
        return Structure{
            .physical = bar->physical + offset, .bytes = bytes, .capability = capability};
    }
    return std::unexpected("a virtio structure is missing; the device must be a Virtio 1.0 one "
                           "(disable-legacy=on)");
}

DeviceResult<VirtioDevice> VirtioDevice::enable(PciFunction function) {
    const auto common =
        find_structure(function, structure_common, sizeof(VirtioCommonConfiguration));
    if (!common)
        return std::unexpected(common.error());
    const auto doorbells = find_structure(function, structure_notify, sizeof(VirtioDoorbell));
    if (!doorbells)
        return std::unexpected(doorbells.error());
    const auto configuration = find_structure(function, structure_device, sizeof(std::uint64_t));
    if (!configuration)
        return std::unexpected(configuration.error());

    enable_pci_function(function);
    map_device(common->physical, common->bytes);
    map_device(configuration->physical, configuration->bytes);

    VirtioDevice device;
    device.common_ = at_physical<volatile VirtioCommonConfiguration>(common->physical);
    device.configuration_ = *configuration;
    device.doorbells_ = *doorbells;
    device.doorbell_multiplier_ = read_pci32(
        function, static_cast<std::uint8_t>(doorbells->capability + capability_multiplier));

    // Reset is complete when the status reads 0 (section 4.1.4.3.2); the firmware may have used
    // the device to look for a boot sector.
    device.common_->device_status = 0;
    unsigned attempt = 0;
    while (device.common_->device_status != 0) {
        if (++attempt == reset_patience)
            return std::unexpected("the virtio device does not answer a reset");
    }
    device.add_status(status_acknowledge);
    device.add_status(status_driver);
    device.common_->configuration_vector = no_vector; // the capacity is read once, at boot
    return device;
}

void VirtioDevice::add_status(std::uint8_t bits) {
    common_->device_status = static_cast<std::uint8_t>(common_->device_status | bits);
}

DeviceResult<std::uint64_t> VirtioDevice::negotiate(std::uint64_t required, std::uint64_t wanted) {
    std::uint64_t offered = 0;
    for (std::uint32_t half = 0; half < 2; ++half) {
        common_->device_feature_select = half;
        const std::uint64_t bits = common_->device_feature;
        offered |= bits << (32 * half);
    }
    if ((offered & required) != required)
        return std::unexpected("the virtio device lacks a feature that the exokernel needs "
                               "(disable-legacy=on gives Virtio 1.0)");
    const std::uint64_t accepted = offered & (required | wanted);
    for (std::uint32_t half = 0; half < 2; ++half) {
        common_->driver_feature_select = half;
        common_->driver_feature = half == 0 ? low_half(accepted) : high_half(accepted);
    }
    add_status(status_features_ok);
    // The device takes the bit back if it cannot work with this set (section 3.1.1, step 6).
    if ((common_->device_status & status_features_ok) == 0)
        return std::unexpected("the virtio device refused the features; it may demand an IOMMU "
                               "(iommu_platform=off)");
    return accepted;
}

DeviceResult<VirtioDoorbell*> VirtioDevice::set_up_queue(std::uint16_t index,
                                                         const VirtioQueueLocation& location) {
    common_->queue_select = index;
    if (common_->queue_size < location.size) // 0: there is no such queue
        return std::unexpected("a virtio queue is missing or too short");
    common_->queue_size = location.size;
    store64(common_->queue_descriptors, location.descriptors);
    store64(common_->queue_available, location.available);
    store64(common_->queue_used, location.used);
    common_->queue_vector = location.msix_entry;
    if (common_->queue_vector != location.msix_entry) // section 4.1.5.1.2.2
        return std::unexpected("the virtio device has no interrupt vector for a queue");

    const std::uint64_t offset =
        static_cast<std::uint64_t>(common_->queue_notify_offset) * doorbell_multiplier_;
    if (offset + sizeof(VirtioDoorbell) > doorbells_.bytes)
        return std::unexpected("a virtio doorbell lies outside its structure");
    map_device(doorbells_.physical + offset, sizeof(VirtioDoorbell));
    common_->queue_enable = 1;
    return at_physical<VirtioDoorbell>(doorbells_.physical + offset);
}

void VirtioDevice::start() { add_status(status_driver_ok); }

DeviceResult<std::uint64_t> VirtioDevice::read_configuration64(std::uint32_t offset) const {
    if (offset + sizeof(std::uint64_t) > configuration_.bytes)
        return std::unexpected("the virtio device's own configuration is too short");
    const auto* halves =
        at_physical<const volatile std::uint32_t>(configuration_.physical + offset);
    // The generation tells whether the device changed the field between the two loads
    // (section 2.4.1).
    for (unsigned attempt = 0; attempt < generation_patience; ++attempt) {
        const std::uint8_t generation = common_->configuration_generation;
        const std::uint64_t low = halves[0];
        const std::uint64_t high = halves[1];
        if (common_->configuration_generation == generation)
            return high << 32 | low;
    }
    return std::unexpected("the virtio device's configuration changes without end");
}

DeviceResult<std::uint16_t> VirtioDevice::read_configuration16(std::uint32_t offset) const {
    if (offset + sizeof(std::uint16_t) > configuration_.bytes)
        return std::unexpected("the virtio device's own configuration is too short");
    return *at_physical<const volatile std::uint16_t>(configuration_.physical + offset);
}

} // namespace exokernel
