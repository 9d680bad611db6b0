// exokernel/boot/boot_memory.cpp - frames for what is laid out once.

#include <utility>

#include "exokernel/boot/boot_information.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

// Everything below: firmware, the kernel image, its 2 MiB of data.
constexpr std::uint64_t first_usable = 0x60'0000;
constinit std::uint64_t next = first_usable; // 0: sealed

// Skips the archive and holes: the first address from `at` on where `bytes` are plain RAM.
std::uint64_t place(std::uint64_t at, std::uint64_t bytes) {
    const MemoryRange& module = boot_information.module;
    for (std::uint32_t i = 0; i != boot_information.ram_count; ++i) {
        const MemoryRange& ram = boot_information.ram[i];
        std::uint64_t begin = at > ram.begin ? at : ram.begin;
        if (begin < module.end && begin + bytes > module.begin)
            begin = (module.end + 4095) & ~std::uint64_t{4095};
        if (begin + bytes <= ram.end)
            return begin;
    }
    refuse_to_boot("there is too little memory for the kernel's own tables");
}

} // namespace

std::uint64_t take_boot_frames(std::uint64_t count) {
    if (next == 0)
        panic("memory for the boot is asked for after it");
    const std::uint64_t address = place(next, count * 4096);
    next = address + count * 4096;
    for (std::uint64_t i = 0; i != count; ++i)
        zero_frame((address >> 12) + i);
    return address;
}

std::uint64_t seal_boot_memory() { return std::exchange(next, 0); }

} // namespace exokernel
