// tests/host/exokernel/exit_path_test.cpp - the decision how to leave the kernel. The emulator does
// not show what a wrong one does on hardware, so the decision itself is tested.

#include <catch2/catch.hpp>

#include "exokernel/arch/x86_64/exit_path.hpp"

using namespace exokernel;

namespace {

constexpr std::uint64_t plain_flags = 0x246; // IF, ZF, PF, and the bit that is always one

// What a system call from ordinary code leaves.
Registers plain() {
    Registers state{};
    state.rip = state.rcx = 0x40'1000;
    state.rflags = state.r11 = plain_flags;
    state.rsp = 0x12'fff0;
    return state;
}

Registers with_rip(std::uint64_t rip) {
    Registers state = plain();
    state.rip = state.rcx = rip;
    return state;
}

Registers with_flags(std::uint64_t flags) {
    Registers state = plain();
    state.rflags = state.r11 = flags;
    return state;
}

} // namespace

TEST_CASE("a plain system call returns by sysret") { CHECK(may_use_sysret(plain())); }

TEST_CASE("sysret is never taken to an address outside the user's part") {
    CHECK(may_use_sysret(with_rip(0)));
    CHECK(may_use_sysret(with_rip(abi::user_end - 1)));
    CHECK_FALSE(may_use_sysret(with_rip(abi::user_end)));
    CHECK_FALSE(may_use_sysret(with_rip(0x7fff'ffff'ffff)));
    CHECK_FALSE(may_use_sysret(with_rip(0x8000'0000'0000)));
    CHECK_FALSE(may_use_sysret(with_rip(0x8000'0000'0000 - 2)));
    CHECK_FALSE(may_use_sysret(with_rip(0xffff'8000'0000'0000)));
    CHECK_FALSE(may_use_sysret(with_rip(0xffff'ffff'8020'0000)));
    CHECK_FALSE(may_use_sysret(with_rip(1ull << 63)));
    CHECK_FALSE(may_use_sysret(with_rip(~0ull)));
}

TEST_CASE("sysret is taken for every single canonical-looking bit pattern below the end only") {
    for (unsigned bit = 0; bit != 64; ++bit)
        CHECK(may_use_sysret(with_rip(1ull << bit)) == (1ull << bit < abi::user_end));
}

TEST_CASE("sysret does not depend on the stack pointer, which it does not check") {
    for (const std::uint64_t rsp : {0ull, 0x8000'0000'0000ull, 1ull << 63, ~0ull}) {
        Registers state = plain();
        state.rsp = rsp;
        CHECK(may_use_sysret(state));
    }
}

TEST_CASE("sysret is taken only where rcx and r11 already hold what it loads") {
    Registers state = plain();
    state.rcx = state.rip + 1;
    CHECK_FALSE(may_use_sysret(state));
    state = plain();
    state.r11 = state.rflags | 1;
    CHECK_FALSE(may_use_sysret(state));
}

TEST_CASE("sysret is not taken with flags that need iret or that no program may hold") {
    for (const std::uint64_t flag :
         {rflags::trap, rflags::resume, rflags::nested_task, rflags::virtual_8086,
          std::uint64_t{1} << 12, std::uint64_t{1} << 13})
        CHECK_FALSE(may_use_sysret(with_flags(plain_flags | flag)));
    CHECK_FALSE(may_use_sysret(with_flags(plain_flags & ~rflags::interrupt)));
    CHECK(may_use_sysret(with_flags(plain_flags | rflags::direction)));
    CHECK(may_use_sysret(with_flags(plain_flags | rflags::alignment_check)));
}

TEST_CASE("a program always runs with interrupts on and never with I/O privilege, NT or VM86") {
    for (unsigned bit = 0; bit != 64; ++bit) {
        const std::uint64_t wanted = std::uint64_t{1} << bit;
        for (const std::uint64_t asked : {wanted, ~wanted}) {
            const std::uint64_t given = user_rflags(asked);
            CHECK((given & rflags::interrupt) != 0);
            CHECK((given & rflags::always_one) != 0);
            CHECK((given & (rflags::io_privilege | rflags::nested_task | rflags::virtual_8086)) ==
                  0);
            CHECK((given >> 22) == 0);
        }
    }
}

TEST_CASE("a program keeps the arithmetic flags, TF, DF, AC and ID that it asked for") {
    constexpr std::uint64_t kept =
        0x8d5 | rflags::trap | rflags::direction | rflags::alignment_check | rflags::identification;
    CHECK((user_rflags(~std::uint64_t{0}) & kept) == kept);
    CHECK((user_rflags(0) & kept) == 0);
}

TEST_CASE("flags made for a program can be given by sysret unless they trap or resume") {
    for (std::uint64_t asked = 0; asked < 1u << 22; asked += 0x1235) {
        const std::uint64_t given = user_rflags(asked);
        CHECK(may_use_sysret(with_flags(given)) ==
              ((given & (rflags::trap | rflags::resume)) == 0));
    }
}
