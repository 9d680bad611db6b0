// exokernel/drivers/virtio_block_probe.cpp - finding and initialising the disk, once, at boot.
//
// Prepares in every queue all that does not change from one request to the next.

#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/drivers/msix.hpp"
#include "exokernel/drivers/virtio_block.hpp"

namespace exokernel {
namespace {

constexpr std::uint16_t virtio_vendor = 0x1af4;
constexpr std::uint16_t virtio_block_device = 0x1042; // 0x1040 + 2 (Virtio 1.1 section 4.1.2)

// Virtio 1.1 section 5.2.3. FLUSH is taken although nothing flushes: without it the device must
// write through, and every write would wait for the host's disk.
constexpr std::uint64_t feature_flush = 1ull << 9;
constexpr std::uint64_t feature_multiqueue = 1ull << 12;

// Virtio 1.1 section 5.2.4: the device's own configuration.
constexpr std::uint32_t configuration_capacity = 0; // in sectors of 512 bytes
constexpr std::uint32_t configuration_queues = 34;

constexpr std::uint64_t block_bytes = 4096;
constexpr std::uint64_t sectors_per_block = block_bytes / 512;

constexpr unsigned smaller(unsigned a, unsigned b) { return a < b ? a : b; }

// The chain header -> data -> status. `start` fills in the address and direction of the data.
void prepare_chain(VirtioQueueMemory& memory) {
    memory.descriptors[0] = {.address = physical_of(&memory.header),
                             .length = sizeof(memory.header),
                             .flags = descriptor_continues,
                             .next = 1};
    memory.descriptors[1] = {
        .address = 0, .length = block_bytes, .flags = descriptor_continues, .next = 2};
    memory.descriptors[2] = {.address = physical_of(&memory.status),
                             .length = sizeof(memory.status),
                             .flags = descriptor_device_writes,
                             .next = 0};
    // Frames come zeroed: both rings are empty, and every entry of the available one names
    // descriptor 0.
}

} // namespace

DeviceResult<void> VirtioBlock::probe(VirtioBlock& disk, std::uint8_t vector,
                                      std::uint8_t local_apic_id) {
    const auto function = find_pci_function(virtio_vendor, virtio_block_device);
    if (!function)
        return std::unexpected("no virtio disk on PCI bus 0; add -device virtio-blk-pci,"
                               "drive=...,disable-legacy=on,page-per-vq=on,num-queues=32,"
                               "vectors=33");
    return disk.set_up(*function, vector, local_apic_id);
}

DeviceResult<void> VirtioBlock::set_up(PciFunction function, std::uint8_t vector,
                                       std::uint8_t local_apic_id) {
    auto device = VirtioDevice::enable(function);
    if (!device)
        return std::unexpected(device.error());
    auto table = MsixTable::enable(function);
    if (!table)
        return std::unexpected(table.error());
    const auto features =
        device->negotiate(virtio_feature_version_1, feature_flush | feature_multiqueue);
    if (!features)
        return std::unexpected(features.error());
    const auto sectors = device->read_configuration64(configuration_capacity);
    if (!sectors)
        return std::unexpected(sectors.error());

    // As many slots as there are queues with an MSI-X entry of their own.
    unsigned offered = 1;
    if ((*features & feature_multiqueue) != 0) {
        const auto queues = device->read_configuration16(configuration_queues);
        if (!queues)
            return std::unexpected(queues.error());
        offered = *queues;
    }
    const unsigned count =
        smaller(smaller(offered, device->queue_count()), smaller(table->entry_count(), slot_limit));
    if (count == 0)
        return std::unexpected("the virtio disk has no queue (num-queues=32)");

    const std::uint64_t bytes = count * sizeof(VirtioQueueMemory);
    auto* const queues =
        at_physical<VirtioQueueMemory>(take_boot_frames((bytes + block_bytes - 1) / block_bytes));
    for (unsigned slot = 0; slot < count; ++slot) {
        VirtioQueueMemory& memory = queues[slot];
        prepare_chain(memory);
        // Before the queue: a device may look for the message when it is given the entry.
        slots_[slot].vector_control = table->direct(slot, vector, local_apic_id);
        const auto doorbell = device->set_up_queue(
            static_cast<std::uint16_t>(slot), {.descriptors = physical_of(&memory.descriptors),
                                               .available = physical_of(&memory.available_flags),
                                               .used = physical_of(&memory.used_flags),
                                               .size = VirtioQueueMemory::size,
                                               .msix_entry = static_cast<std::uint16_t>(slot)});
        if (!doorbell)
            return std::unexpected(doorbell.error());
        slots_[slot].memory = &memory;
        slots_[slot].doorbell = *doorbell;
    }
    device->start();
    slot_count_ = count;
    blocks_ = *sectors / sectors_per_block;
    return {};
}

} // namespace exokernel
