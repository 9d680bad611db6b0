// exokernel/drivers/virtio_block.hpp - the disk: up to 32 requests of one 4 KiB block each.
//
// One request per queue. A slot is a queue, with its own memory, doorbell page and MSI-X entry, so
// the kernel can hold back the interrupt of each request until it is due: no host setting makes
// the order in which requests of one queue complete repeatable, this does. The driver keeps to
// the order in which it is called and chooses nothing; who may read or write which block, and
// whether the frame stays pinned, is settled before (exokernel/disk).

#pragma once

#include <cstdint>

#include "exokernel/drivers/device_result.hpp"
#include "exokernel/drivers/virtio_device.hpp"
#include "exokernel/drivers/virtio_queue.hpp"

namespace exokernel {

class VirtioBlock final {
public:
    static constexpr unsigned slot_limit = 32;

    /// Finds and initialises the first virtio disk. Every slot interrupts with `vector` on the CPU
    /// `local_apic_id`, and starts out masked. At boot only: takes frames.
    static DeviceResult<void> probe(VirtioBlock& disk, std::uint8_t vector,
                                    std::uint8_t local_apic_id);

    /// Requests that can be in flight at once: 1..32, as many queues as the device offers.
    unsigned slot_count() const { return slot_count_; }

    /// Capacity in blocks of 4 KiB; a rest is not reachable.
    std::uint64_t blocks() const { return blocks_; }

    /// Starts moving `block` into the frame, or the frame into `block`. The slot must be idle: not
    /// started, or seen `finished` since. The frame is the device's until then.
    void start(unsigned slot, bool write, std::uint64_t block, std::uint64_t frame_physical);

    /// Whether the request in `slot` has completed; true once per request. In the deterministic
    /// profile to be asked only after the slot's interrupt: before, the answer depends on the
    /// host. Where it is true without an interrupt taken, that interrupt is still to come.
    bool finished(unsigned slot);

    /// Whether the device reported an error. Valid from `finished` to the next `start`.
    bool failed(unsigned slot) const {
        return __atomic_load_n(&slots_[slot].memory->status, __ATOMIC_RELAXED) != virtio_block_ok;
    }

    /// Holds back the slot's interrupt; one that occurs meanwhile is kept by the device, and
    /// delivered by `unmask`.
    void mask(unsigned slot);
    void unmask(unsigned slot);

private:
    DeviceResult<void> set_up(PciFunction function, std::uint8_t vector,
                              std::uint8_t local_apic_id);

    struct Slot {
        VirtioQueueMemory* memory = nullptr;
        VirtioDoorbell* doorbell = nullptr;
        volatile std::uint32_t* vector_control = nullptr;
        std::uint16_t started = 0; // requests so far, as the available index counts them
        std::uint16_t seen = 0;    // completions so far, as the used index counts them
    };
    static_assert(sizeof(Slot) == 32); // found by a shift

    Slot slots_[slot_limit];
    unsigned slot_count_ = 0;
    std::uint64_t blocks_ = 0;
};

} // namespace exokernel
