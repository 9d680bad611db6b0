// bindings/abi/address.hpp - the four kinds of address, which do not convert into each other.
//
// Guarantees: explicit construction only, no arithmetic between kinds; a change of kind has a name
// (`page_of`, `base_of`). A page is virtual, a frame is physical; both are 4 KiB.

#pragma once

#include <compare>
#include <cstdint>

namespace abi {

template <class Tag> struct Strong {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(Strong, Strong) = default;
};

using Pfn = Strong<struct PfnTag>;                         // physical frame number
using Vpn = Strong<struct VpnTag>;                         // virtual page number
using PhysicalAddress = Strong<struct PhysicalAddressTag>; // byte address on the memory bus
using VirtualAddress = Strong<struct VirtualAddressTag>;   // byte address in an address space

inline constexpr std::uint64_t page_shift = 12;
inline constexpr std::uint64_t page_size = 1u << page_shift;
inline constexpr std::uint64_t entries_per_table = 512;

constexpr Vpn page_of(VirtualAddress address) { return Vpn{address.value >> page_shift}; }
constexpr Pfn page_of(PhysicalAddress address) { return Pfn{address.value >> page_shift}; }
constexpr VirtualAddress base_of(Vpn page) { return VirtualAddress{page.value << page_shift}; }
constexpr PhysicalAddress base_of(Pfn frame) { return PhysicalAddress{frame.value << page_shift}; }

// User addresses end below the window through which an environment reads its own page tables
// (layout.hpp). No code can lie in the last canonical page, so `sysret` never meets a
// non-canonical return address.
inline constexpr std::uint64_t user_end = 0x0000'7f80'0000'0000;

constexpr bool is_user_address(std::uint64_t address) { return address < user_end; }

} // namespace abi
