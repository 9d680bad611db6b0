// exokernel/disk/transfers.cpp - the slots of the disk and the order of completions.

#include "exokernel/disk/transfers.hpp"

#include <bit>

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/timer.hpp"
#include "exokernel/console/console.hpp"
#include "exokernel/drivers/local_apic.hpp"
#include "exokernel/drivers/virtio_block.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

constexpr unsigned slot_limit = VirtioBlock::slot_limit;

constinit VirtioBlock disk{};
constinit bool present = false;
constinit bool held_back = false; // deterministic: by service time
constinit std::uint64_t service_time = 0;

constinit Transfer slots[slot_limit]{};
constinit std::uint32_t busy = 0;   // bit per slot
constinit std::uint32_t usable = 0; // bits of the slots that the device has
constinit std::uint32_t kept = 0;   // 1: one place, for a frame that is to be saved
// By submission, a ring; behind its end nothing is due.
struct Submitted {
    std::uint64_t due;
    unsigned slot;
};
constinit Submitted order[slot_limit]{};
constinit std::uint32_t order_begin = 0, order_end = 0;
Submitted& first_submitted() { return order[order_begin % slot_limit]; }
constinit std::uint32_t last_number = 0;

void complete(unsigned slot) {
    busy &= ~(1u << slot);
    const Transfer& transfer = slots[slot];
    --frame_table.at(transfer.frame).pins;
    --transfer.owner->in_flight;
    if (transfer.slot != no_slot) {
        finish_saving(transfer, disk.failed(slot));
        return;
    }
    publish_completion(transfer, disk.failed(slot));
    transfer.owner->requests_left = false; // this completion is its notice
}

} // namespace

void start_disk(bool deterministic, std::uint64_t service) {
    const auto found = VirtioBlock::probe(disk, static_cast<std::uint8_t>(abi::interrupt::disk),
                                          local_apic_identity());
    if (!found) {
        print_line(Text{} << "no disk: " << found.error());
        return;
    }
    present = true;
    held_back = deterministic;
    service_time = service;
    usable = disk.slot_count() >= 32 ? ~0u : (1u << disk.slot_count()) - 1;
    if (!deterministic)
        for (unsigned slot = 0; slot != disk.slot_count(); ++slot)
            disk.unmask(slot);
}

std::uint64_t disk_blocks() { return present ? disk.blocks() : 0; }

bool transfer_possible() {
    const std::uint32_t free = usable & ~busy;
    return (free & (free - kept)) != 0; // two of them where one is kept
}

bool saving_possible() {
    kept = (usable & ~busy) == 0 ? 1 : 0;
    return kept == 0;
}

[[gnu::always_inline]] Started start_transfer(const Transfer& transfer, abi::IoOperation operation,
                                              std::uint64_t block) {
    const auto slot = static_cast<unsigned>(std::countr_zero(usable & ~busy));
    busy |= 1u << slot;
    slots[slot] = transfer;
    slots[slot].number = ++last_number;
    const std::uint64_t due = held_back ? time_stamp() + service_time : 0;
    order[order_end++ % slot_limit] = {due, slot};
    ++frame_table.at(transfer.frame).pins;
    ++transfer.owner->in_flight;
    disk.start(slot, operation == abi::IoOperation::write, block, transfer.frame << 12);
    return {slots[slot].number, due};
}

std::uint64_t first_due() { return first_submitted().due; }

bool transfers_in_flight() { return busy != 0; }

bool transfers_use(const CapabilityEntry& binding) {
    const std::uint32_t reference = reference_of(binding);
    for (std::uint32_t left = busy; left != 0; left &= left - 1)
        if (const Transfer& transfer = slots[std::countr_zero(left)];
            transfer.extent == reference || transfer.binding == reference)
            return true;
    return false;
}

void complete_due_transfers() {
    const bool mine = held_back && is_interrupted_by_disk(processor());
    while (mine && busy != 0) {
        Submitted& first = first_submitted();
        const unsigned slot = first.slot;
        if (first.due > time_stamp())
            return;
        first.due = 0;
        ++order_begin;
        disarm_timer();
        processor().disk_fired = 0;
        disk.unmask(slot);
        halt_until(processor().disk_fired);
        disk.mask(slot);
        if (!disk.finished(slot))
            panic("the disk interrupted for a transfer that it has not finished", slot);
        complete(slot);
        wake_after_transfers();
    }
}

void complete_finished_transfers() {
    if (held_back || !is_interrupted_by_disk(processor()))
        return;
    const std::uint32_t before = busy;
    volatile std::uint32_t& fired = processor().disk_fired;
    do {
        fired = 0;
        for (std::uint32_t left = busy; left != 0; left &= left - 1) {
            const auto slot = static_cast<unsigned>(std::countr_zero(left));
            if (!disk.finished(slot))
                continue;
            complete(slot);
            let_interrupts_in(); // many may have finished together; others may just have
        }
    } while (fired != 0);
    if (busy != before)
        wake_after_transfers();
}

void wait_for_device() {
    complete_finished_transfers();
    if (busy != 0)
        halt_until(processor().disk_fired);
    complete_finished_transfers();
}

void take_interrupts() {
    let_interrupts_in();
    complete_due_transfers();
    complete_finished_transfers();
}

void wait_for_transfers() {
    while (busy != 0 && is_interrupted_by_disk(processor())) {
        if (held_back) {
            first_submitted().due = 0;
            complete_due_transfers();
        } else {
            wait_for_device();
        }
    }
}

} // namespace exokernel
