// libos/core/address_space.cpp - binds frames and page tables and maps views.

#include "libos/core/address_space.hpp"

#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"

namespace libos {

namespace {

constexpr std::uint64_t leaf_bytes = abi::entries_per_table * abi::page_size;
constexpr std::uint64_t gigabyte = leaf_bytes * abi::entries_per_table;
bool gigabyte_has_table[512] = {true}; // the exokernel built that of [0, 1 GiB)

[[noreturn]] void refuse_frames(abi::Error error, std::uint64_t wanted) {
    if (error == abi::Error::limit_reached)
        fail(error,
             "libos: binding {} frames failed: limit_reached; the capability table has {} slots "
             "and each bound frame needs one: ask for fewer frames or more slots",
             wanted, start_information().capability_slots);
    fail(error,
         "libos: binding {} frames failed: {}; give the machine more memory or the "
         "application fewer frames",
         wanted, name_of(error));
}

} // namespace

void bind_frames(std::span<abi::Capability> frames) {
    const UpcallsDisabled guard; // the request area is all threads'
    const auto* const bound = request_area::at<abi::Capability>(request_area::capabilities);
    while (!frames.empty()) {
        const std::size_t count = frames.size() < request_area::capability_items
                                      ? frames.size()
                                      : request_area::capability_items;
        const auto result = system_call::bind_frames(start_information().memory, abi::any_frame,
                                                     count, request_area::capabilities);
        if (!result)
            refuse_frames(result.error(), frames.size());
        for (std::size_t i = 0; i < count; ++i)
            frames[i] = bound[i];
        frames = frames.subspan(count);
    }
}

namespace {

/// Binds one or two frames as the table of `level` for `address`; they are given back if that
/// fails.
abi::Result<abi::Capability> bind_table(std::uint64_t address, std::uint32_t level) {
    const UpcallsDisabled guard;
    const std::uint32_t count = level == 1 ? 2 : 1;
    TRY(system_call::bind_frames(start_information().memory, abi::any_frame, count,
                                 request_area::capabilities));
    const auto* const bound = request_area::at<abi::Capability>(request_area::capabilities);
    const abi::Capability frame = bound[0];
    const abi::Capability links = level == 1 ? bound[1] : abi::Capability{};
    const auto table =
        system_call::bind_page_table(start_information().root_table, frame, links, address, level);
    if (table)
        return abi::Capability{*table};
    system_call::disregard(system_call::drop(frame));
    if (links)
        system_call::disregard(system_call::drop(links));
    return std::unexpected(table.error());
}

} // namespace

abi::Result<abi::Capability> try_bind_leaf_table(std::uint64_t address) {
    bool& has_upper = gigabyte_has_table[address / gigabyte];
    for (;;) {
        if (!has_upper) {
            TRY(bind_table(address, 2));
            has_upper = true;
        }
        const auto leaf = bind_table(address, 1);
        if (leaf || leaf.error() != abi::Error::not_present)
            return leaf;
        has_upper = false; // it was, and has been taken away
    }
}

abi::Capability bind_leaf_table(std::uint64_t address) {
    const auto leaf = try_bind_leaf_table(address);
    if (!leaf)
        fail(leaf.error(),
             "libos: binding a page table for 0x{x} failed: {}; give the machine more memory or "
             "the application fewer frames",
             address, name_of(leaf.error()));
    return *leaf;
}

void map_view(abi::View view, std::uint64_t first, std::uint64_t count, std::uint64_t address,
              std::uint64_t access) {
    abi::Capability leaf;
    for (std::uint64_t i = 0; i < count; ++i, address += abi::page_size) {
        if (address % leaf_bytes == 0)
            leaf = bind_leaf_table(address);
        const auto frame = system_call::bind_view(view, first + i);
        if (!frame)
            fail(frame.error(),
                 "libos: viewing frame {} of view {} failed: {}; with limit_reached give the "
                 "application more capability slots than its {}",
                 first + i, static_cast<std::uint32_t>(view), name_of(frame.error()),
                 start_information().capability_slots);
        const auto installed = system_call::install(leaf, page_of(abi::VirtualAddress{address}),
                                                    abi::Capability{*frame}, access);
        if (!installed)
            fail(installed.error(), "libos: mapping a view at 0x{x} failed: {}", address,
                 name_of(installed.error()));
    }
}

const abi::CapabilityEntry& entry_of(abi::Capability capability) {
    static bool mapped = false;
    if (!mapped) {
        const std::uint64_t bytes =
            start_information().capability_slots * sizeof(abi::CapabilityEntry);
        map_view(abi::View::capability_table, 0, bytes / abi::page_size,
                 address_range::capability_table, abi::access::read_only);
        mapped = true;
    }
    return *reinterpret_cast<const abi::CapabilityEntry*>(address_range::capability_table +
                                                          (capability.value & 0xffff'ffff));
}

abi::Pfn frame_number(abi::Capability frame) { return abi::Pfn{frame_number_of(entry_of(frame))}; }

} // namespace libos
