// tests/qemu/vector-registers/registers.cpp - filling and reading them.

#include "tests/qemu/vector-registers/registers.hpp"

namespace registers {

#define EACH_YMM(X)                                                                                \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LOAD(n) "vmovdqa " #n "*32(%0), %%ymm" #n "\n\t"
#define STORE(n) "vmovdqa %%ymm" #n ", " #n "*32(%0)\n\t"

void load(const State& state) {
    asm volatile("fninit\n\t"
                 "fldcw %1\n\t"
                 "ldmxcsr %2\n\t" EACH_YMM(LOAD)
                 :
                 : "r"(state.ymm), "m"(state.control), "m"(state.mxcsr)
                 : "memory");
    for (int i = 8; i-- != 0;)
        asm volatile("fildll %0" : : "m"(state.x87[i]));
}

void store(State& state) {
    asm volatile("fnstcw %1\n\t"
                 "stmxcsr %2\n\t" EACH_YMM(STORE)
                 :
                 : "r"(state.ymm), "m"(state.control), "m"(state.mxcsr)
                 : "memory");
    for (std::uint64_t& value : state.x87)
        asm volatile("fistpll %0" : "=m"(value));
}

std::uint16_t tags_in_use() {
    struct {
        std::uint32_t control, status, tags, rest[4];
    } environment;
    asm volatile("fnstenv %0\n\tfldenv %0" : "=m"(environment));
    return static_cast<std::uint16_t>(~environment.tags);
}

} // namespace registers
