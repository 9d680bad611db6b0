// exokernel/arch/x86_64/clear_frame.cpp - filling a frame with zeros.

#include "exokernel/memory/frame_table.hpp"

namespace exokernel {

void zero_frame(std::uint64_t pfn) {
    auto* at = at_physical<std::uint64_t>(pfn << 12);
    auto* const end = at + abi::entries_per_table;
    // Stores of 8 bytes, 64 to a turn: 537 instructions. A `rep` string instruction would count
    // once per iteration, and the kernel has no wider registers.
    do {
        asm volatile(".irp offset, 0, 8, 16, 24, 32, 40, 48, 56\n\t"
                     "movq %1, \\offset(%0)\n\t"
                     "movq %1, \\offset+64(%0)\n\t"
                     "movq %1, \\offset+128(%0)\n\t"
                     "movq %1, \\offset+192(%0)\n\t"
                     "movq %1, \\offset+256(%0)\n\t"
                     "movq %1, \\offset+320(%0)\n\t"
                     "movq %1, \\offset+384(%0)\n\t"
                     "movq %1, \\offset+448(%0)\n\t"
                     ".endr"
                     :
                     : "r"(at), "r"(std::uint64_t{0})
                     : "memory");
        at += 64;
    } while (at != end);
}

} // namespace exokernel
