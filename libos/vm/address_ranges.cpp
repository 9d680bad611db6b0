// libos/vm/address_ranges.cpp - ranges of several environments: making them, faults in them, giving
// them back.

#include "libos/vm/address_ranges.hpp"

#include <utility>

#include "libos/core/address_space.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"

namespace libos {

namespace {

AddressRanges* handled = nullptr;
LibosHandler handle_others = nullptr; // faults

bool handle_page_fault(abi::SaveArea& area, std::uint64_t address, std::uint64_t save_area) {
    const auto result = handled->handle(address);
    if (result) [[likely]]
        return false;
    if (result.error() == abi::Error::not_present)
        return handle_others(area, address, save_area);
    fail(result.error(),
         "libos: a page fault at 0x{x}, in an address range, gets no frame: {}; give the "
         "environment more frames or slots",
         address, name_of(result.error()));
}

bool is_present(std::uint64_t address) {
    const auto& entry = *reinterpret_cast<const volatile std::uint64_t*>(
        abi::translation_address(page_of(abi::VirtualAddress{address})));
    return (entry & abi::translation::present) != 0;
}

// In the first GiB, where every address space has its upper tables.
abi::Result<abi::Capability> bind_table(abi::Capability root, std::uint64_t address) {
    TRY(system_call::bind_frames(start_information().memory, abi::any_frame, 2,
                                 request_area::capabilities));
    const auto* const bound = request_area::at<abi::Capability>(request_area::capabilities);
    const abi::Capability frames[] = {bound[0], bound[1]};
    const auto table = system_call::bind_page_table(root, frames[0], frames[1], address, 1);
    if (table)
        return abi::Capability{*table};
    for (const abi::Capability frame : frames)
        system_call::disregard(system_call::drop(frame));
    return std::unexpected(table.error());
}

abi::Result<void> check_address(std::uint64_t address) {
    if (address % AddressRanges::bytes != 0 || address < AddressRanges::begin ||
        address >= AddressRanges::end)
        return std::unexpected(abi::Error::invalid_argument);
    return {};
}

} // namespace

AddressRanges::AddressRanges(Ranges& ranges, std::uint32_t self) : own_{ranges, self} {
    handled = this;
    handle_others = std::exchange(libos_handle_page_fault, handle_page_fault);
}

AddressRanges::~AddressRanges() { libos_handle_page_fault = handle_others; }

abi::Result<Reference> AddressRanges::create_private(std::uint64_t address) {
    TRY(check_address(address));
    const UpcallsDisabled guard;
    return own_.cluster().create(
        own_.self(), {.begin = address, .sharing = Sharing::private_range, .creator = own_.self()});
}

abi::Result<Reference> AddressRanges::create_shared(std::uint64_t address,
                                                    std::span<const Participant> participants) {
    TRY(check_address(address));
    const UpcallsDisabled guard;
    AddressRange range{.begin = address, .sharing = Sharing::shared_range, .creator = own_.self()};
    auto& own_names = range.tables[own_.self()];
    const auto create = [&]() -> abi::Result<Reference> {
        for (std::size_t space = 0; space != participants.size(); ++space) {
            own_names[space] = TRY(bind_table(participants[space].root, address));
            for (std::size_t by = 0; by != participants.size(); ++by)
                if (const Participant& other = participants[by]; by != own_.self())
                    range.tables[by][space] = {
                        TRY(system_call::grant(own_names[space], other.environment,
                                               other.slots[space], abi::rights::write))};
        }
        return own_.cluster().create(own_.self(), range);
    };
    const auto created = create();
    for (std::size_t space = 0; !created && space != participants.size(); ++space)
        if (own_names[space])
            system_call::disregard(system_call::drop(own_names[space]));
    return created;
}

abi::Result<void> AddressRanges::open_slots(std::span<std::uint64_t> slots) {
    for (std::uint64_t& slot : slots)
        slot = TRY(system_call::open_slot());
    return {};
}

abi::Result<void> AddressRanges::use(Reference reference, std::uint64_t address) {
    const UpcallsDisabled guard;
    for (Used& used : used_)
        if (used.reference.value == 0) {
            used = {reference, address};
            return {};
        }
    return std::unexpected(abi::Error::no_memory);
}

abi::Result<void> AddressRanges::destroy(Reference reference) {
    const UpcallsDisabled guard;
    return own_.cluster().destroy(own_.self(), reference);
}

abi::Result<void> AddressRanges::fill_pool(std::uint32_t count) {
    if (count > pool_places)
        return std::unexpected(abi::Error::out_of_range);
    if (count <= pool_count_)
        return {};
    const UpcallsDisabled guard; // the request area is all threads'
    const std::uint32_t missing = count - pool_count_;
    TRY(system_call::bind_frames(start_information().memory, abi::any_frame, missing,
                                 request_area::capabilities));
    const auto* const bound = request_area::at<abi::Capability>(request_area::capabilities);
    for (std::uint32_t i = 0; i != missing; ++i)
        pool_[pool_count_++] = bound[i];
    return {};
}

abi::Result<void> AddressRanges::make(OwnRange& own, Reference reference, AddressRange& range) {
    if (own.of == reference)
        return {}; // what it was made of never changes
    take_apart(own);
    own.begin = range.begin;
    own.sharing = range.sharing;
    own.has_tables = range.sharing == Sharing::private_range || range.creator == own_.self();
    own.lock = &range.lock;
    own.count = 0;
    if (range.sharing == Sharing::private_range)
        own.tables[own.count++] = TRY(bind_table(start_information().root_table, range.begin));
    else
        while (own.count != sync::most_participants && range.tables[own_.self()][own.count]) {
            own.tables[own.count] = range.tables[own_.self()][own.count];
            ++own.count;
        }
    own.frames = heap::allocate_array<abi::Capability>(abi::entries_per_table).data();
    own.of = reference;
    return {};
}

void AddressRanges::take_apart(OwnRange& own) {
    if (own.of.value == 0)
        return;
    auto* const dropped = request_area::at<abi::Capability>(request_area::dropped);
    std::uint32_t count = 0;
    for (std::uint64_t page = 0; page != abi::entries_per_table; ++page) {
        if (own.frames[page])
            dropped[count++] = own.frames[page];
        if (count == request_area::dropped_items || page + 1 == abi::entries_per_table) {
            // What was taken by force meanwhile is gone just as well.
            system_call::disregard(system_call::drop_frames(request_area::dropped, count));
            count = 0;
        }
    }
    for (std::uint32_t i = 0; own.has_tables && i != own.count; ++i)
        system_call::disregard(system_call::drop(own.tables[i]));
    heap::release(own.frames, abi::entries_per_table * sizeof(abi::Capability));
    own = {};
}

std::uint32_t AddressRanges::settle() {
    const UpcallsDisabled guard;
    std::uint32_t in_use = 0;
    for (OwnRange& own : own_.representatives()) {
        if (own.of.value == 0)
            continue;
        const Ranges::State state = own_.cluster().state_of(own_.self(), own.of);
        in_use += state == Ranges::State::in_use ? 1 : 0;
        if (state == Ranges::State::gone)
            take_apart(own);
    }
    return in_use;
}

abi::Result<void> AddressRanges::handle(std::uint64_t address) {
    OwnRanges::Operation operation{own_};
    for (Used& used : used_) {
        if (used.reference.value == 0 || address - used.begin >= bytes)
            continue;
        const auto found = operation.find(used.reference, [&](OwnRange& own, AddressRange& range) {
            return make(own, used.reference, range);
        });
        if (!found && found.error() == abi::Error::revoked) {
            used = {}; // destroyed meanwhile; another one may be there
            continue;
        }
        OwnRange& own = *TRY(found);
        if (own.begin != used.begin)
            return std::unexpected(abi::Error::invalid_argument);
        if (own.sharing == Sharing::private_range)
            return add_page(own, address);
        own.lock->acquire(own_.self());
        const auto added = is_present(address) ? abi::Result<void>{} // another one was first
                                               : add_page(own, address);
        own.lock->release(own_.self());
        return added;
    }
    return std::unexpected(abi::Error::not_present);
}

// Installs it in all tables: the own one, or those of all who share.
abi::Result<void> AddressRanges::add_page(OwnRange& own, std::uint64_t address) {
    if (pool_count_ == 0)
        TRY(fill_pool(pool_batch));
    const abi::Vpn page = page_of(abi::VirtualAddress{address});
    const abi::Capability frame = pool_[pool_count_ - 1];
    for (std::uint32_t i = 0; i != own.count; ++i)
        TRY(system_call::install(own.tables[i], page, frame, abi::access::write));
    own.frames[page.value % abi::entries_per_table] = frame;
    --pool_count_;
    return {};
}

} // namespace libos
