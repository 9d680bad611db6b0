// exokernel/disk/transfers.hpp - disk transfers in flight, and when their completion is seen.
//
// Deterministic profile: a completion becomes visible at submission + service time, in the order of
// submission. Until then the device's interrupt is masked; then the kernel unmasks it and halts,
// with no timer armed, until the data is there. How long the host took is thus invisible.
// Other profiles: a completion is visible when the device interrupts.

#pragma once

#include "exokernel/arch/x86_64/processor.hpp" // IWYU pragma: export

namespace exokernel {

struct Environment;

// A request that was copied from a ring and checked.
struct Transfer {
    Environment* owner = nullptr;
    std::uint64_t cookie = 0;
    std::uint64_t frame = 0;      // physical frame number, pinned
    std::uint32_t extent = 0;     // references of the two bindings that it was started through
    std::uint32_t binding = 0;    // of the frame
    std::uint32_t number = 0;     // of the request, from 1
    std::uint32_t slot = no_slot; // of the owner's repossession vector, else a ring's request
};

/// The disk interrupts the boot processor, which sees every completion.
inline bool is_interrupted_by_disk(const Processor& processor) { return processor.number == 0; }

/// Finds and starts the disk; without one there are no extents, and the console says why.
void start_disk(bool deterministic, std::uint64_t service_time);

/// Capacity in blocks; 0 without a disk.
std::uint64_t disk_blocks();

/// Whether another transfer can be started now for a ring.
bool transfer_possible();

/// Whether a frame can be saved now. If not, rings leave one place free from now on until one is.
bool saving_possible();

/// Starts a transfer: pins the frame until it is complete. Returns the request's number and `due`.
struct Started {
    std::uint32_t number;
    std::uint64_t due;
};
Started start_transfer(const Transfer& transfer, abi::IoOperation operation, std::uint64_t block);

/// When the first completion is due; 0: none, or the profile has no service time.
std::uint64_t first_due();

bool transfers_in_flight();

/// Whether a transfer was started through this binding of an extent or a frame.
bool transfers_use(const CapabilityEntry& binding);

/// Deterministic profile: completes what is due by now.
void complete_due_transfers();
/// Other profiles: completes what the device has finished.
void complete_finished_transfers();

/// Other profiles: halts until the device interrupts, unless it has finished them all.
void wait_for_device();

/// Between two steps of long work with nobody to run: lets interrupts in, completes what is due.
void take_interrupts();

/// Waits for all transfers; at the end of a run, if it comes on the processor that the disk
/// interrupts.
void wait_for_transfers();

/// Publishes the completion in the owner's ring and raises `io_completion` if the owner asked to
/// be told of this one. Step 6 of a fault.
void publish_completion(const Transfer& transfer, bool failed);

/// The same for a request that was refused.
void publish(Environment& owner, std::uint64_t cookie, std::uint32_t error, std::uint32_t number);

} // namespace exokernel
