// exokernel/disk/submit_io.cpp - system calls `bind_io_ring` and `submit_io`.
//
// A ring is shared memory that its owner may change at any moment, from another thread or by DMA:
// each request is copied once, and only the copy is checked and used. Step 5 of a fault, and 4b.

#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

// In units of work:
constexpr std::uint32_t request_work = 4;
constexpr std::uint32_t walk_depth = 4; // so many bindings looked at for a unit

abi::Result<void> start(Environment& caller, const abi::IoRequest& request, std::uint32_t& work) {
    if (request.operation != abi::IoOperation::read && request.operation != abi::IoOperation::write)
        return std::unexpected(Error::invalid_argument);
    const bool read = request.operation == abi::IoOperation::read;
    // Reading a block writes the frame, and the other way round.
    CapabilityEntry* extent = TRY(find_binding(caller, request.extent, Kind::disk_extent,
                                               read ? rights::read : rights::write));
    CapabilityEntry* frame =
        TRY(find_binding(caller, request.frame, Kind::frame, read ? rights::write : rights::read));
    work += (depth_of(*extent) + depth_of(*frame)) / walk_depth;
    TRY(check_lasting(*extent));
    TRY(check_lasting(*frame));
    if (request.block >= extent->detail)
        return std::unexpected(Error::out_of_range);
    const std::uint64_t pfn = frame_number_of(*frame);
    if (pfn >= frame_table.limit() || frame_table.at(pfn).state != FrameState::bound)
        return std::unexpected(Error::access_denied); // a view, or part of the recording region
    const Transfer transfer{.owner = &caller,
                            .cookie = request.cookie,
                            .frame = pfn,
                            .extent = reference_of(*extent),
                            .binding = reference_of(*frame)};
    const std::uint64_t block = extent->object + request.block;
    const Started started = start_transfer(transfer, request.operation, block);
    record(Event::io_submitted, started.number, request.operation, block, pfn, request.cookie,
           started.due, request.extent.value, caller.in_flight, caller.request_consumer, 0, 0);
    return {};
}

} // namespace

Reply sys_submit_io(Call& call) {
    Environment& caller = call.caller;
    if (caller.ring == nullptr)
        return std::unexpected(Error::not_present);
    abi::IoRing& ring = *caller.ring;
    const std::uint32_t producer = __atomic_load_n(&ring.request_producer, __ATOMIC_ACQUIRE);
    const std::uint32_t waiting = producer - caller.request_consumer;
    if (waiting > abi::io_ring_slots)
        return {Error::out_of_range, call.progress()};
    std::uint32_t taken = 0;
    std::uint32_t work = 0;
    for (; taken != waiting && work < step_limit && transfer_possible(); ++taken) {
        work += request_work;
        const auto request =
            copy_once<abi::IoRequest>(&ring.requests[caller.request_consumer % abi::io_ring_slots]);
        const auto started = start(caller, request, work);
        if (!started) {
            const auto error = static_cast<std::uint32_t>(started.error());
            record(Event::io_refused, request.cookie, error);
            publish(caller, request.cookie, error, 0);
        }
        ++caller.request_consumer;
    }
    __atomic_store_n(&ring.request_consumer, caller.request_consumer, __ATOMIC_RELEASE);
    call.set_progress(call.progress() + taken);
    if (taken != waiting && transfer_possible())
        return Reply::again();
    caller.requests_left = taken != waiting;
    somebody_waits |= caller.requests_left;
    if (processor_count != 1)
        alert_processor(0); // which sees completions
    return call.progress();
}

Reply sys_bind_io_ring(Call& call) {
    Environment& caller = call.caller;
    if (caller.ring != nullptr)
        return std::unexpected(Error::occupied);
    const CapabilityEntry* entry = TRY(find_pinnable(caller, call.capability0()));
    caller.ring = static_cast<abi::IoRing*>(pin_zeroed(*entry, FrameUse::io_ring, caller));
    caller.request_consumer = caller.completion_producer = 0;
    return 0;
}

} // namespace exokernel
