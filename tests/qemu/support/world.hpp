// tests/qemu/support/world.hpp - what a test sees and touches: its own capability table, its page
// tables, the system page, and a leaf table to map frames in.

#pragma once

#include <cstdint>

#include "bindings/abi/capability.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/translation.hpp"
#include "libos/core/address_space.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "tests/qemu/support/check.hpp"

namespace world {

using abi::Call;
using abi::Capability;
using check::Value;
using libos::system_call::invoke;
namespace rights = abi::rights;
namespace access = abi::access;

inline constexpr std::uint64_t playground = 0x20'0000'0000; // 2 MiB of pages to map frames in
inline constexpr std::uint64_t table_view = 0x21'0000'0000; // the capability table, read-only
inline constexpr std::uint64_t batch = libos::request_area::capabilities;

inline Capability leaf; // the leaf table of the playground

inline const abi::StartInformation& start() { return libos::start_information(); }

inline const volatile abi::SystemPage& facts() {
    return *reinterpret_cast<volatile const abi::SystemPage*>(abi::layout::system_page);
}

/// Call first: maps the capability table and binds the playground's leaf table.
inline void open() {
    libos::map_view(abi::View::capability_table, 0, start().capability_slots / 64, table_view,
                    access::read_only);
    leaf = libos::bind_leaf_table(playground);
}

/// The caller's entry of a capability's slot, whether or not the capability is valid.
inline abi::CapabilityEntry entry_of(Capability capability) {
    return *reinterpret_cast<const abi::CapabilityEntry*>(table_view +
                                                          (capability.value & 0xffff'ffff));
}
inline std::uint64_t pfn_of(Capability frame) { return abi::frame_number_of(entry_of(frame)); }

inline Capability* bound() { return libos::request_area::at<Capability>(batch); }

/// A frame bound under `memory`.
inline Capability frame(Capability memory = start().memory) {
    (void)check::needed("binding a frame",
                        invoke(Call::bind_frames, memory.value, abi::any_frame, 1, batch));
    return *bound();
}

/// `capability` for the caller itself, with `rights`.
inline Capability derived(Capability capability, std::uint32_t wanted, std::uint64_t first = 0,
                          std::uint64_t count = 0) {
    return {
        check::needed("deriving", libos::system_call::derive(capability, wanted, first, count))};
}

inline std::uint64_t address(unsigned index) { return playground + index * abi::page_size; }

inline Value install(unsigned index, Capability frame, std::uint64_t wanted = access::write) {
    return libos::system_call::install(leaf, abi::Vpn{index}, frame, wanted);
}
inline Value remove(unsigned index) { return libos::system_call::remove(leaf, abi::Vpn{index}); }

/// The page-table entry of an address, read through the window.
inline std::uint64_t translation(std::uint64_t at) {
    return *reinterpret_cast<volatile const std::uint64_t*>(
        abi::translation_address(page_of(abi::VirtualAddress{at})));
}

inline volatile std::uint64_t* words(unsigned index) {
    return reinterpret_cast<volatile std::uint64_t*>(address(index));
}

inline void fill(unsigned index, std::uint64_t pattern) {
    for (unsigned i = 0; i != 512; ++i)
        words(index)[i] = pattern;
}
inline bool all(unsigned index, std::uint64_t pattern) {
    for (unsigned i = 0; i != 512; ++i)
        if (words(index)[i] != pattern)
            return false;
    return true;
}

/// Every count that there is: what was made and taken apart again must leave them as they were.
struct Counts {
    std::uint64_t free_frames, environments;
    std::uint64_t free_slots;  // of the caller
    std::uint64_t memory_used; // of the caller's binding
    bool operator==(const Counts&) const = default;
};
inline Counts counts() {
    std::uint64_t free_slots = 0;
    for (std::uint64_t slot = 1; slot != start().capability_slots; ++slot)
        free_slots += kind_of(reinterpret_cast<const abi::CapabilityEntry*>(table_view)[slot]) ==
                              abi::Kind::none
                          ? 1
                          : 0;
    return {facts().free_frames, facts().environments, free_slots, entry_of(start().memory).object};
}

/// The caller's own frame binding that the page at `at` shows; 0 if there is none.
inline Capability frame_behind(std::uint64_t at) {
    const std::uint64_t pfn = (translation(at) & abi::translation::frame_mask) >> 12;
    for (std::uint64_t slot = 1; slot != start().capability_slots; ++slot) {
        const auto& entry = reinterpret_cast<const abi::CapabilityEntry*>(table_view)[slot];
        if (entry.name != 0 && kind_of(entry) == abi::Kind::frame && frame_number_of(entry) == pfn)
            return {entry.name};
    }
    return {};
}

} // namespace world
