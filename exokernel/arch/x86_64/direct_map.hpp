// exokernel/arch/x86_64/direct_map.hpp - the kernel's half of every address space.
//
//   0xffff'8000'0000'0000  direct map of RAM and devices: never executable; read-only where it
//                          aliases the kernel's code and constants
//   0xffff'ffff'8020'0000  kernel image: code R-X, constants R--, data RW-
//
// Every frame and every device register is reached as direct_map_base + physical address. The map
// is built once at boot.

#pragma once

#include "bindings/abi/address.hpp" // IWYU pragma: export

namespace exokernel {

inline constexpr std::uint64_t direct_map_base = 0xffff'8000'0000'0000;

/// The object of type T at a physical address. Valid for RAM and for mapped devices.
template <class T> T* at_physical(std::uint64_t physical) {
    return reinterpret_cast<T*>(direct_map_base + physical);
}

/// The physical address behind a direct-map pointer.
inline std::uint64_t physical_of(const void* pointer) {
    return reinterpret_cast<std::uint64_t>(pointer) - direct_map_base;
}

enum class Caching : std::uint8_t { off, on };

/// Maps what a device has at [physical, physical + bytes): registers, or memory with `on`. At boot
/// only.
void map_device(std::uint64_t physical, std::uint64_t bytes, Caching caching = Caching::off);

/// Builds the tables and loads them. Every later root copies its two upper entries.
void build_kernel_address_space();

/// Writes the kernel's half and the read-only window onto itself into a new, empty root.
void prepare_root(std::uint64_t root_physical);

/// The physical address of the kernel's own root, for when no environment is loaded.
std::uint64_t kernel_root();

} // namespace exokernel
