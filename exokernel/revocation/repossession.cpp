// exokernel/revocation/repossession.cpp - the repossession vector.
//
// The vector is its owner's memory. Which slot comes next is the kernel's own count; what it reads
// there (whether the slot is ready, the place) is read once and concerns the owner's things only.

#include "exokernel/revocation/repossession.hpp"

#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

using abi::Repossession;
using abi::RepossessionState;

Place take_slot(Environment& environment, Taken& taken) {
    if (environment.repossession == nullptr)
        return {};
    const std::uint32_t number = environment.repossessed % abi::repossession_slots;
    Repossession& shared = environment.repossession->slots[number];
    const auto slot = copy_once<Repossession>(&shared);
    if (slot.state != RepossessionState::ready)
        return {};
    shared = {.state = RepossessionState::saving,
              .kind = taken.kind,
              .bits = taken.bits,
              .block = slot.block,
              .frame = taken.frame,
              .error = 0,
              .binding = taken.name,
              .extent = slot.extent};
    taken.slot = number;
    environment.pe_page->repossessed = ++environment.repossessed;
    return {slot.extent, slot.block};
}

void tell(Environment& environment, const Taken& taken, RepossessionState state,
          std::uint32_t error, std::uint32_t forced) {
    if (environment.pe_page == nullptr)
        return; // it never lived, or is ending
    if (taken.slot == no_slot) {
        ++environment.pe_page->unrecorded;
    } else if (environment.repossession != nullptr) {
        Repossession& shared = environment.repossession->slots[taken.slot];
        shared.error = error;
        // The slot is complete before its state says so.
        __atomic_store_n(reinterpret_cast<std::uint8_t*>(&shared.state),
                         static_cast<std::uint8_t>(state), __ATOMIC_RELEASE);
    }
    record(Event::repossessed, environment.identity, taken.slot, taken.name.value, taken.kind,
           taken.frame, state, error, forced);
    raise(environment, abi::Entry::repossession);
}

void tell_lost(Environment& environment, Taken taken, std::uint32_t forced) {
    take_slot(environment, taken);
    tell(environment, taken, RepossessionState::lost, 0, forced);
}

Reply sys_bind_repossession_vector(Call& call) {
    Environment& caller = call.caller;
    if (caller.repossession != nullptr)
        return std::unexpected(Error::occupied);
    const CapabilityEntry* entry = TRY(find_pinnable(caller, call.capability0()));
    caller.repossession =
        static_cast<abi::RepossessionVector*>(pin_zeroed(*entry, FrameUse::repossession, caller));
    return 0;
}

} // namespace exokernel
