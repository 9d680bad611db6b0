// exokernel/drivers/virtio_block.cpp - the request path of the disk.
//
// Ordering against the device (Virtio 1.1 sections 2.6.13 and 2.6.14) is by release and acquire on
// the two ring indices; on x86-64 these are plain moves that the compiler may not reorder.
// What is said there about the first notification after DRIVER_OK concerns event indices, which
// are not negotiated: here every completion interrupts, the first like all others, and a masked
// entry holds it back. So no dummy request is needed.

#include "exokernel/drivers/virtio_block.hpp"

#include "exokernel/drivers/msix.hpp"

namespace exokernel {

void VirtioBlock::start(unsigned slot, bool write, std::uint64_t block,
                        std::uint64_t frame_physical) {
    constexpr std::uint64_t sectors_per_block = 8;
    Slot& place = slots_[slot];
    VirtioQueueMemory& memory = *place.memory;

    // Header and status descriptors, and everything else about the chain, are as `probe` left
    // them. From `write` the compiler makes 0 or 1, without a branch.
    memory.header.type = write ? virtio_block_write : virtio_block_read;
    memory.header.sector = block * sectors_per_block;
    memory.descriptors[1].address = frame_physical;
    memory.descriptors[1].flags =
        write ? descriptor_continues : descriptor_continues | descriptor_device_writes;
    memory.status = virtio_block_unanswered;

    // Release: the device must see the request before it sees the index that publishes it.
    place.started = static_cast<std::uint16_t>(place.started + 1);
    __atomic_store_n(&memory.available_index, place.started, __ATOMIC_RELEASE);

    // The doorbell is uncached, so the processor stores to it after the index; this keeps the
    // compiler from changing that. No full barrier: notification is never suppressed, the device's
    // flags are not read (section 2.6.13.4).
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *place.doorbell = static_cast<std::uint16_t>(slot);
}

bool VirtioBlock::finished(unsigned slot) {
    Slot& place = slots_[slot];
    // Acquire: data and status are read after the index that says they are there.
    const std::uint16_t used = __atomic_load_n(&place.memory->used_index, __ATOMIC_ACQUIRE);
    if (used == place.seen)
        return false;
    // One request per queue: the index can only have moved by one.
    place.seen = static_cast<std::uint16_t>(place.seen + 1);
    return true;
}

// Masking is a posted store and is not read back: the kernel masks a slot after its interrupt has
// arrived, when no other of this queue can be under way.
void VirtioBlock::mask(unsigned slot) { *slots_[slot].vector_control = msix_masked; }
void VirtioBlock::unmask(unsigned slot) { *slots_[slot].vector_control = msix_unmasked; }

} // namespace exokernel
