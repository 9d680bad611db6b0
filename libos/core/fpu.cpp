// libos/core/fpu.cpp - chooses between xsave and fxsave once and knows the size of a state area.

#include "libos/core/fpu.hpp"

#include <cstdint>

#include "libos/core/heap.hpp"

namespace libos::fpu {

namespace {

bool has_xsave = false;
std::size_t area_bytes = 512;
std::byte* initial = nullptr;

struct Leaf {
    std::uint32_t a, b, c, d;
};

Leaf cpuid(std::uint32_t leaf) {
    Leaf out{};
    asm volatile("cpuid" : "=a"(out.a), "=b"(out.b), "=c"(out.c), "=d"(out.d) : "a"(leaf), "c"(0));
    return out;
}

} // namespace

void start() {
    constexpr std::uint32_t osxsave = 1u << 27;
    has_xsave = (cpuid(1).c & osxsave) != 0;
    if (has_xsave)
        area_bytes = cpuid(13).b; // for the features enabled now
    initial = static_cast<std::byte*>(heap::allocate(area_bytes));
    save(initial);
}

std::byte* new_state() {
    auto* const area = static_cast<std::byte*>(heap::allocate(area_bytes));
    __builtin_memcpy(area, initial, area_bytes);
    return area;
}

void save(std::byte* area) {
    if (has_xsave)
        asm volatile("xsave64 (%0)" : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
    else
        asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void restore(const std::byte* area) {
    if (has_xsave)
        asm volatile("xrstor64 (%0)" : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
    else
        asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

} // namespace libos::fpu
