// exokernel/disk/complete_io.cpp - completions into the ring.
//
// The ring is the owner's memory: what the kernel reads there decides only whether the owner is
// told. Its own copy of the producer index says where a completion goes.

#include "exokernel/disk/transfers.hpp"

#include "exokernel/recording/record.hpp"

namespace exokernel {

void publish(Environment& owner, std::uint64_t cookie, std::uint32_t error, std::uint32_t number) {
    abi::IoRing* const ring = owner.ring;
    if (ring == nullptr)
        return;
    const std::uint32_t before = owner.completion_producer;
    ring->completions[before % abi::io_ring_slots] = {cookie, error, number};
    const std::uint32_t after = ++owner.completion_producer;
    // The completion is in place before the index says so.
    __atomic_store_n(&ring->completion_producer, after, __ATOMIC_RELEASE);
    // And the index is out before the event is read: the owner writes and reads the other way
    // round, so one of the two sees the other (see io_ring.hpp).
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    const std::uint32_t event = __atomic_load_n(&ring->completion_event, __ATOMIC_RELAXED);
    if (after - event < after - before)
        raise(owner, abi::Entry::io_completion);
}

void publish_completion(const Transfer& transfer, bool failed) {
    const std::uint32_t error = failed ? static_cast<std::uint32_t>(abi::Error::io_error) : 0;
    record(Event::io_completed, transfer.number, error, transfer.cookie, transfer.frame,
           transfer.owner->identity);
    publish(*transfer.owner, transfer.cookie, error, transfer.number);
}

} // namespace exokernel
