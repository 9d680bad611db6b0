// tests/host/exokernel/physical_memory.hpp - a few frames for parts of the exokernel that are
// tested on the host: include it before any of its headers. Where the kernel has its direct map of
// all memory, these parts find an array.

#pragma once

#include <cstddef>
#include <cstdint>

#define FAULTLINE_RECORDING 0
#define at_physical kernel_at_physical
#define physical_of kernel_physical_of
#include "exokernel/arch/x86_64/direct_map.hpp"
#undef at_physical
#undef physical_of

namespace exokernel {

inline constexpr std::uint64_t test_frames = 256; // 1 MiB
alignas(4096) inline std::byte test_memory[test_frames * 4096];

template <class T> T* at_physical(std::uint64_t physical) {
    return reinterpret_cast<T*>(test_memory + physical);
}
inline std::uint64_t physical_of(const void* pointer) {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(pointer) - test_memory);
}

} // namespace exokernel
