// libos/vm/backing.cpp - binds the repossession vector and pre-loads its slots.

#include "libos/vm/backing.hpp"

#include "libos/core/print.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"

namespace libos {

using abi::RepossessionState;

namespace {

[[noreturn]] void refuse(const BlockRange& range, abi::Error error) {
    fail(error, "libos: blocks {} to {} cannot take what is repossessed (`backing`): {}",
         range.first, range.first + range.count, name_of(error));
}

} // namespace

void Backing::start(abi::Capability table) {
    const auto range = manifest().backing();
    if (!range)
        return;
    const auto extent =
        system_call::derive(start_information().disk, abi::rights::read | abi::rights::write,
                            range->first, range->count);
    if (!extent)
        refuse(*range, extent.error());
    extent_ = abi::Capability{*extent};
    places_ = range->count;
    first_block_ = start_information().disk_first_block + range->first;

    abi::Capability frame;
    bind_frames({&frame, 1});
    const auto mapped =
        system_call::install(table, page_of(abi::VirtualAddress{address_range::repossession}),
                             frame, abi::access::write);
    if (!mapped)
        refuse(*range, mapped.error());
    const auto bound = system_call::bind_repossession_vector(frame);
    if (!bound)
        refuse(*range, bound.error());
    // Both are spared when frames are taken by number: without them nothing could be mended. If the
    // guaranteed set is full they are as safe as all else.
    system_call::disregard(system_call::guarantee(frame));
    system_call::disregard(system_call::guarantee(table));
    bound_ = true;
    for (std::uint32_t number = 0; number < abi::repossession_slots; ++number)
        make_ready(number);
}

abi::Repossession Backing::slot(std::uint32_t number) const {
    const abi::Repossession& shared = vector().slots[number];
    // The rest of the slot is complete when its state says so.
    const auto state = static_cast<RepossessionState>(
        __atomic_load_n(reinterpret_cast<const std::uint8_t*>(&shared.state), __ATOMIC_ACQUIRE));
    abi::Repossession copy = shared;
    copy.state = state;
    return copy;
}

void Backing::make_ready(std::uint32_t number) const {
    if (!bound_)
        return;
    abi::Repossession& shared = vector().slots[number];
    const abi::IoRequest place = place_of(number);
    shared.extent = place.extent;
    shared.block = place.block;
    __atomic_store_n(reinterpret_cast<std::uint8_t*>(&shared.state),
                     static_cast<std::uint8_t>(RepossessionState::ready), __ATOMIC_RELEASE);
}

abi::IoRequest Backing::place_of(std::uint32_t number) const {
    return {.extent = number < places_ ? extent_ : abi::Capability{},
            .frame = {},
            .block = number,
            .operation = abi::IoOperation::read,
            .cookie = 0};
}

} // namespace libos
