// exokernel/drivers/virtio_queue.hpp - the memory of one virtqueue that carries one block request.
//
// The device reads and writes this by DMA (split virtqueue, Virtio 1.1 section 2.6). The driver
// never has more than one request in a queue, so descriptor 0 is always the head, the available
// ring always holds 0s, and the device's used ring entries are never read: its index suffices.

#pragma once

#include <cstddef>
#include <cstdint>

namespace exokernel {

// Virtio 1.1 section 2.6.5.
struct VirtioDescriptor {
    std::uint64_t address; // physical
    std::uint32_t length;
    std::uint16_t flags;
    std::uint16_t next;
};
static_assert(sizeof(VirtioDescriptor) == 16);

inline constexpr std::uint16_t descriptor_continues = 1; // `next` is valid
inline constexpr std::uint16_t descriptor_device_writes = 2;

// Virtio 1.1 section 5.2.6: what precedes the data of a block request.
struct VirtioBlockHeader {
    std::uint32_t type; // 0 read, 1 write
    std::uint32_t reserved;
    std::uint64_t sector; // of 512 bytes
};
static_assert(sizeof(VirtioBlockHeader) == 16);

inline constexpr std::uint32_t virtio_block_read = 0;
inline constexpr std::uint32_t virtio_block_write = 1;
inline constexpr std::uint8_t virtio_block_ok = 0;
inline constexpr std::uint8_t virtio_block_unanswered = 0xff; // the device writes 0, 1 or 2

struct alignas(256) VirtioQueueMemory {
    // A power of two that holds the three descriptors of a request: header, data, status.
    static constexpr std::uint16_t size = 4;

    VirtioDescriptor descriptors[size];

    // Virtio 1.1 section 2.6.6; written by the driver. Flags 0: interrupt at each completion.
    std::uint16_t available_flags;
    std::uint16_t available_index;
    std::uint16_t available_ring[size];

    // Virtio 1.1 section 2.6.8; written by the device. On a cache line of its own.
    alignas(64) std::uint16_t used_flags;
    std::uint16_t used_index;
    struct {
        std::uint32_t head;
        std::uint32_t length;
    } used_ring[size];

    VirtioBlockHeader header;
    std::uint8_t status; // written by the device
};
static_assert(sizeof(VirtioQueueMemory) == 256);
static_assert(offsetof(VirtioQueueMemory, available_flags) % 2 == 0 &&
              offsetof(VirtioQueueMemory, used_flags) % 4 == 0);

} // namespace exokernel
