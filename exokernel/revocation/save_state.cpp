// exokernel/revocation/save_state.cpp - steps 6 and 7 of a revocation: save, and tell.
//
// The exokernel does not know which contents are worth saving: the holder says so, by pre-loading
// the slots of its vector with places. The write is a transfer like any other, owned by the holder
// and through its own binding of the extent, but its completion goes to the vector and not to the
// ring.

#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/recording/record.hpp"

namespace exokernel {

using abi::RepossessionState;

namespace {

abi::Result<CapabilityEntry*> find_place(Environment& holder, const Place& place) {
    CapabilityEntry* extent =
        TRY(find_binding(holder, place.extent, Kind::disk_extent, rights::write));
    TRY(check_lasting(*extent));
    if (place.block >= extent->detail)
        return std::unexpected(Error::out_of_range);
    return extent;
}

} // namespace

bool take_frame(Environment& holder, CapabilityEntry& entry) {
    if (!saving_possible())
        return false;
    const std::uint64_t pfn = frame_number_of(entry);
    Revocation& revocation = holder.revocation;
    Taken taken = taken_of(entry);
    record(Event::binding_taken, revocation.number, holder.identity, taken.name.value, taken.kind,
           pfn, taken.bits, 0, 0);
    const Place place = take_slot(holder, taken);
    const auto extent = find_place(holder, place);
    if (!extent) {
        // No place is the holder's choice; one that is not its own is its mistake.
        const bool nowhere = !place.extent;
        tell(holder, taken, nowhere ? RepossessionState::lost : RepossessionState::failed,
             nowhere ? 0 : static_cast<std::uint32_t>(extent.error()), revocation.number);
        release_frame(entry, pfn);
        return true;
    }
    const std::uint64_t block = (*extent)->object + place.block;
    const Transfer transfer{.owner = &holder,
                            .frame = pfn,
                            .extent = reference_of(**extent),
                            .binding = reference_of(entry),
                            .slot = taken.slot};
    ++revocation.saving;
    frame_table.at(pfn).use = FrameUse::saving;
    const Started started = start_transfer(transfer, abi::IoOperation::write, block);
    alert_processor(0); // which sees its completion
    record(Event::state_saving, revocation.number, started.number, pfn, block, taken.slot);
    return true;
}

void finish_saving(const Transfer& transfer, bool failed) {
    Environment& holder = *transfer.owner;
    CapabilityEntry& entry = entry_at(transfer.binding);
    const auto error = failed ? static_cast<std::uint32_t>(Error::io_error) : 0;
    const Taken taken = taken_of(entry, transfer.slot);
    hold(holder); // it may run, and loses the binding
    record(Event::state_saved, holder.revocation.number, transfer.number, transfer.frame, error,
           transfer.slot);
    tell(holder, taken, failed ? RepossessionState::failed : RepossessionState::saved, error,
         holder.revocation.number);
    --holder.revocation.saving;
    release_frame(entry, transfer.frame);
}

} // namespace exokernel
