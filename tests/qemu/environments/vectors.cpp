// tests/qemu/environments/vectors.cpp - vector registers, x87, FS and GS base across switches.

#include "tests/qemu/environments/environments.hpp"

namespace environments {

namespace {

// Fills every vector register and the x87 stack, yields, and counts what came back different.
struct alignas(64) Vectors {
    std::uint64_t lanes[16][4];
    std::uint64_t x87; // a double
    std::uint64_t fs, gs;
};

std::uint64_t differences_after_yield(std::uint64_t seed) {
    static Vectors before;
    static Vectors after;
    for (unsigned i = 0; i != 16; ++i)
        for (unsigned j = 0; j != 4; ++j)
            before.lanes[i][j] = seed * 0x0101'0101'0101'0101 + std::uint64_t{i} * 16 + j;
    before.x87 = 0x4005'bf0a'8b14'5769 + (seed << 20);
    asm volatile("wrfsbase %0\n wrgsbase %1" : : "r"(seed << 20), "r"(seed << 21));
    asm volatile(R"(
        finit
        fldl 512(%0)
        vmovdqa   0(%0), %%ymm0
        vmovdqa  32(%0), %%ymm1
        vmovdqa  64(%0), %%ymm2
        vmovdqa  96(%0), %%ymm3
        vmovdqa 128(%0), %%ymm4
        vmovdqa 160(%0), %%ymm5
        vmovdqa 192(%0), %%ymm6
        vmovdqa 224(%0), %%ymm7
        vmovdqa 256(%0), %%ymm8
        vmovdqa 288(%0), %%ymm9
        vmovdqa 320(%0), %%ymm10
        vmovdqa 352(%0), %%ymm11
        vmovdqa 384(%0), %%ymm12
        vmovdqa 416(%0), %%ymm13
        vmovdqa 448(%0), %%ymm14
        vmovdqa 480(%0), %%ymm15
        xor %%edi, %%edi
        xor %%esi, %%esi
        xor %%edx, %%edx
        xor %%r8d, %%r8d
        xor %%r9d, %%r9d
        mov $20, %%eax          # yield
        syscall
        vmovdqa %%ymm0,    0(%1)
        vmovdqa %%ymm1,   32(%1)
        vmovdqa %%ymm2,   64(%1)
        vmovdqa %%ymm3,   96(%1)
        vmovdqa %%ymm4,  128(%1)
        vmovdqa %%ymm5,  160(%1)
        vmovdqa %%ymm6,  192(%1)
        vmovdqa %%ymm7,  224(%1)
        vmovdqa %%ymm8,  256(%1)
        vmovdqa %%ymm9,  288(%1)
        vmovdqa %%ymm10, 320(%1)
        vmovdqa %%ymm11, 352(%1)
        vmovdqa %%ymm12, 384(%1)
        vmovdqa %%ymm13, 416(%1)
        vmovdqa %%ymm14, 448(%1)
        vmovdqa %%ymm15, 480(%1)
        fstpl 512(%1)
        vzeroupper
    )"
                 :
                 : "b"(&before), "r"(&after)
                 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    asm volatile("rdfsbase %0\n rdgsbase %1" : "=r"(after.fs), "=r"(after.gs));
    std::uint64_t different = after.fs != seed << 20;
    different += after.gs != seed << 21;
    different += before.x87 != after.x87;
    for (unsigned i = 0; i != 16; ++i)
        for (unsigned j = 0; j != 4; ++j)
            different += before.lanes[i][j] != after.lanes[i][j];
    return different;
}

void fills_registers(std::uint64_t seed) {
    std::uint64_t different = 0;
    for (int i = 0; i != 20; ++i)
        different += differences_after_yield(seed + static_cast<std::uint64_t>(i));
    child::shared()[0] = different;
    child::end(0);
}

} // namespace

void vectors() {
    std::uint64_t fresh[2];
    const Child made = child::started(fills_registers, 100);
    const Child other = child::started(fills_registers, 200);
    std::uint64_t different = 0;
    for (int i = 0; i != 25; ++i)
        different += differences_after_yield(static_cast<std::uint64_t>(i) + 3);
    (void)next_end();
    (void)next_end();
    check::equal("FPU, SSE and AVX registers, FS and GS base survive switches in one environment",
                 different, 0);
    check::equal("in another", made.shared()[0], 0);
    check::equal("and in a third", other.shared()[0], 0);
    (void)call::drop(made.memory);
    (void)call::drop(other.memory);
    asm volatile("vpcmpeqd %%ymm7, %%ymm7, %%ymm7" : : : "memory");
    const Child last = child::started([](std::uint64_t) {
        asm volatile("vmovdqu %%ymm7, (%0)" : : "r"(child::shared_address) : "memory");
        asm volatile("rdfsbase %0"
                     : "=r"(*reinterpret_cast<std::uint64_t*>(child::shared_address + 32)));
        child::end(0);
    });
    for (unsigned i = 0; i != 5; ++i)
        last.shared()[i] = 9;
    (void)next_end();
    fresh[0] = last.shared()[0] | last.shared()[3];
    fresh[1] = last.shared()[4];
    check::equal("a new environment finds nothing of others in its vector registers", fresh[0], 0);
    check::equal("nor in its FS base", fresh[1], 0);
    (void)call::drop(last.memory);
}

} // namespace environments
