// tests/host/benchmark/profiler_test.cpp - the parts of the profiler that need no QEMU.

#include <catch2/catch.hpp>
#include <vector>

#include "tools/profiler/decode.hpp"
#include "tools/profiler/kernel_run.hpp"
#include "tools/profiler/region.hpp"

namespace {

using profiler::Counter;
using profiler::Counters;

std::optional<Counter> transition(std::vector<std::uint8_t> bytes) {
    return profiler::decode(bytes).transition;
}

Counters counted(std::uint64_t kernel, std::uint64_t user, std::uint64_t exceptions = 0) {
    Counters counters;
    counters[Counter::kernel] = kernel;
    counters[Counter::user] = user;
    counters[Counter::exception] = exceptions;
    return counters;
}

} // namespace

TEST_CASE("privileged transitions are known by their bytes, prefixes included", "[bench]") {
    CHECK(transition({0x0f, 0x05}) == Counter::syscall);
    CHECK(transition({0x48, 0x0f, 0x07}) == Counter::sysret);
    CHECK(transition({0x48, 0xcf}) == Counter::iret);
    CHECK(transition({0x0f, 0x22, 0xd8}) == Counter::cr3);    // mov %rax, %cr3
    CHECK(transition({0x0f, 0x01, 0x3e}) == Counter::invlpg); // invlpg (%rsi)
    CHECK(transition({0xf4}) == Counter::hlt);
    CHECK(transition({0xef}) == Counter::port);       // out %eax, %dx
    CHECK(transition({0x66, 0xed}) == Counter::port); // in %dx, %ax
}

TEST_CASE("their neighbours are no transitions", "[bench]") {
    CHECK_FALSE(transition({0x0f, 0x22, 0xe0}));       // mov %rax, %cr4
    CHECK_FALSE(transition({0x0f, 0x20, 0xd8}));       // mov %cr3, %rax
    CHECK_FALSE(transition({0x0f, 0x01, 0xf8}));       // swapgs: register form of the same group
    CHECK_FALSE(transition({0x0f, 0x01, 0x10}));       // lgdt
    CHECK_FALSE(transition({0xf3, 0x90}));             // pause
    CHECK_FALSE(transition({0xb8, 0x0f, 0x05, 0, 0})); // the bytes of syscall as a constant
    CHECK_FALSE(transition({0xe8, 0, 0, 0, 0}));       // call, beside the port instructions
    CHECK_FALSE(transition({0x48}));                   // a prefix alone
}

TEST_CASE("sysret, iret, hlt and sti end a run with interrupts off", "[bench]") {
    const auto ends = [](std::vector<std::uint8_t> bytes) {
        return profiler::decode(bytes).ends_kernel_run;
    };
    CHECK(ends({0x48, 0x0f, 0x07}));
    CHECK(ends({0x48, 0xcf}));
    CHECK(ends({0xf4}));
    CHECK(ends({0xfb}));
    CHECK_FALSE(ends({0x0f, 0x05}));
    CHECK_FALSE(ends({0xfa})); // cli
}

TEST_CASE("an instruction names an address absolutely or relative to its end", "[bench]") {
    constexpr std::uint64_t address = 0xffffffff80400010;
    constexpr std::uint64_t pc = 0xffffffff80200000;
    // cmpb $0, address
    CHECK(profiler::names(std::vector<std::uint8_t>{0x80, 0x3c, 0x25, 0x10, 0x00, 0x40, 0x80, 0},
                          pc, address));
    // cmpb $0, address(%rip): 0x200010 less the instruction's 7 bytes
    CHECK(profiler::names(std::vector<std::uint8_t>{0x80, 0x3d, 0x09, 0x00, 0x20, 0x00, 0}, pc,
                          address));
    CHECK_FALSE(profiler::names(std::vector<std::uint8_t>{0x80, 0x3d, 0x0a, 0x00, 0x20, 0x00, 0},
                                pc, address));
    CHECK_FALSE(profiler::names(std::vector<std::uint8_t>{0x90}, pc, address));
}

TEST_CASE("a region counts its first instruction and not its last", "[bench]") {
    profiler::Region region{"call", 100, 200};
    region.reach(100, counted(5, 10));
    region.reach(200, counted(25, 12));
    CHECK(region.passes() == 1);
    CHECK(region.best() == counted(20, 2));
}

TEST_CASE("an end without a beginning is no pass", "[bench]") {
    profiler::Region region{"call", 100, 200};
    region.reach(200, counted(5, 5));
    CHECK(region.passes() == 0);
}

TEST_CASE("reaching the beginning again begins the pass anew", "[bench]") {
    profiler::Region region{"upcall", 100, 200};
    region.reach(100, counted(0, 0)); // attempt
    region.reach(200, counted(30, 1, 1));
    region.reach(100, counted(30, 20, 1)); // repetition, open until the next attempt
    region.reach(100, counted(90, 50, 1));
    region.reach(200, counted(119, 51, 2));
    CHECK(region.passes() == 2);
    CHECK(region.sum()[Counter::kernel] == 59);
}

TEST_CASE("one address as both ends bounds the fault between attempt and repetition", "[bench]") {
    profiler::Region region{"fault", 100, 100};
    region.reach(100, counted(0, 0));
    region.reach(100, counted(60, 31, 1)); // the attempt is counted by the plugin, not by icount
    region.reach(100, counted(60, 90, 1)); // next pass
    region.reach(100, counted(119, 121, 2));
    CHECK(region.passes() == 2);
    CHECK(region.best() == [] {
        Counters best = counted(59, 30);
        best[Counter::exception] = 1;
        return best;
    }());
    CHECK(region.most()[Counter::kernel] == 60);
}

TEST_CASE("the longest kernel run leaves boot out and says where it was", "[bench]") {
    profiler::KernelRuns runs;
    runs.block(0x10, 0);
    runs.end(0x1f, 999'999); // boot
    runs.block(0x20, 1'000'000);
    runs.end(0x2f, 1'000'019);
    runs.block(0x30, 1'000'020);
    runs.block(0x38, 1'000'045); // 25 instructions into a run of 100
    runs.block(0x3c, 1'000'110);
    runs.end(0x3f, 1'000'119);
    runs.block(0x40, 1'000'120);
    runs.end(0x4f, 1'000'120);
    CHECK(runs.longest().length == 100);
    CHECK(runs.longest().begin == 0x30);
    CHECK(runs.longest().inside == 0x3c);
    CHECK(runs.longest().end == 0x3f);
}
