// exokernel/arch/x86_64/kernel_address_space.hpp - the kernel's half of every address space.
//
//   0xffff'8000'0000'0000  direct map of RAM and devices: never executable; read-only where it
//                          aliases the kernel's code and constants
//   0xffff'ffff'8020'0000  kernel image: code R-X, constants R--, data RW-

#pragma once

#include <cstdint>

namespace exokernel {

/// Builds the tables and loads them. Every later root copies its two upper entries.
void build_kernel_address_space();

/// Writes the kernel's half and the read-only window onto itself into a new, empty root.
void prepare_root(std::uint64_t root_physical);

/// The physical address of the kernel's own root, for when no environment is loaded.
std::uint64_t kernel_root();

} // namespace exokernel
