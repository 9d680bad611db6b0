// exokernel/drivers/virtio_device.hpp - a Virtio 1.x device on PCI: its registers, features,
// queues.
//
// Covers what every kind of virtio device shares (Virtio 1.1 sections 3.1 and 4.1). Nothing that
// the device says is used as an index or address before it is bounded.

#pragma once

#include <cstddef>
#include <cstdint>

#include "exokernel/drivers/pci.hpp"

namespace exokernel {

// Virtio 1.1 section 4.1.4.3. Queue fields speak about the queue that `queue_select` names.
struct VirtioCommonConfiguration {
    std::uint32_t device_feature_select; // which 32 of the 64 bits
    std::uint32_t device_feature;
    std::uint32_t driver_feature_select;
    std::uint32_t driver_feature;
    std::uint16_t configuration_vector; // MSI-X entry for changes of configuration
    std::uint16_t queue_count;
    std::uint8_t device_status;
    std::uint8_t configuration_generation;
    std::uint16_t queue_select;
    std::uint16_t queue_size;
    std::uint16_t queue_vector; // MSI-X entry
    std::uint16_t queue_enable;
    std::uint16_t queue_notify_offset;  // in units of the doorbell multiplier
    std::uint32_t queue_descriptors[2]; // physical, low half first
    std::uint32_t queue_available[2];
    std::uint32_t queue_used[2];
};
static_assert(sizeof(VirtioCommonConfiguration) == 56 &&
              offsetof(VirtioCommonConfiguration, queue_select) == 22 &&
              offsetof(VirtioCommonConfiguration, queue_descriptors) == 32);

inline constexpr std::uint64_t virtio_feature_version_1 = 1ull << 32;

// Where the parts of one virtqueue lie (physical), and which MSI-X entry announces its completions.
struct VirtioQueueLocation {
    std::uint64_t descriptors;
    std::uint64_t available;
    std::uint64_t used;
    std::uint16_t size;
    std::uint16_t msix_entry;
};

using VirtioDoorbell = volatile std::uint16_t;

class VirtioDevice final {
public:
    /// Enables `function`, finds its structures, maps and resets it.
    static DeviceResult<VirtioDevice> enable(PciFunction function);

    /// Takes those of `wanted` that the device offers. Fails if it refuses or lacks one of
    /// `required`. Must come once, before any queue.
    DeviceResult<std::uint64_t> negotiate(std::uint64_t required, std::uint64_t wanted);

    unsigned queue_count() const { return common_->queue_count; }

    /// Sets queue `index` up; `doorbell` is where its number is written to announce a request.
    DeviceResult<VirtioDoorbell*> set_up_queue(std::uint16_t index,
                                               const VirtioQueueLocation& location);

    /// Ends the initialisation: from now on the device may use its queues.
    void start();

    /// A field of the device's own configuration: `offset` a multiple of 4 (or 2), inside it.
    DeviceResult<std::uint64_t> read_configuration64(std::uint32_t offset) const;
    DeviceResult<std::uint16_t> read_configuration16(std::uint32_t offset) const;

private:
    // A structure that a vendor capability locates (Virtio 1.1 section 4.1.4).
    struct Structure {
        std::uint64_t physical = 0;
        std::uint64_t bytes = 0;
        std::uint8_t capability = 0;
    };
    static DeviceResult<Structure> find_structure(PciFunction function, std::uint8_t type,
                                                  std::uint64_t least_bytes);
    void add_status(std::uint8_t bits);

    volatile VirtioCommonConfiguration* common_ = nullptr;
    Structure configuration_;
    Structure doorbells_;
    std::uint32_t doorbell_multiplier_ = 0;
};

} // namespace exokernel
