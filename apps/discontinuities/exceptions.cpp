// apps/discontinuities/exceptions.cpp - the exceptions that a program can raise by itself, and what
// its own handler does about each.

#include "apps/discontinuities/experiments.hpp"
#include "apps/discontinuities/instructions.hpp"
#include "apps/discontinuities/observer.hpp"

namespace discontinuities {

namespace {

using abi::SaveArea;

alignas(16) std::uint64_t operands[4] = {0x0123'4567'89ab'cdef, 0xfedc'ba98'7654'3210, 1, 2};
constexpr std::uint64_t divisor = 7;

void skip(SaveArea& state, const Instruction& instruction) { state.rip = instruction.end(); }
void go_on(SaveArea&, const Instruction&) {}

void run(Discontinuity& it, observer::Repair repair, const Registers& expected,
         std::uint64_t flags = all_flags) {
    observer::expect_exception(it, repair);
    it.instruction.execute(&it.before);
    observer::expect_nothing();
    it.after = registers_after;
    const bool as_saved = it.registers_right && it.after.rsp == it.rsp;
    it.registers_right = (as_saved || !it.happened) && equal(it.after, expected, flags);
}

// One after which all registers are as before it.
Discontinuity without_effect(const char* key, const char* name, const Instruction& instruction,
                             observer::Repair repair) {
    Discontinuity it{.key = key, .name = name, .instruction = instruction, .before = patterns()};
    run(it, repair, it.before);
    return it;
}

} // namespace

// The handler gives another divisor, and the instruction is tried again.
Discontinuity divide_error() {
    Discontinuity it{.key = "divide_error",
                     .name = "divide by zero",
                     .instruction = DISCONTINUITY(divide_error),
                     .before = patterns()};
    it.before.rax = 100;
    it.before.rdx = it.before.rcx = 0;
    Registers expected = it.before;
    expected.rcx = divisor;
    expected.rax = 100 / divisor;
    expected.rdx = 100 % divisor;
    // A division leaves the arithmetic flags undefined.
    run(
        it, [](SaveArea& state, const Instruction&) { state.rcx = divisor; }, expected,
        all_flags & ~arithmetic_flags);
    return it;
}

Discontinuity invalid_opcode() {
    return without_effect("invalid_opcode", "invalid opcode", DISCONTINUITY(invalid_opcode), skip);
}

Discontinuity breakpoint() {
    return without_effect("breakpoint", "breakpoint", DISCONTINUITY(breakpoint), go_on);
}

Discontinuity single_step() {
    return without_effect("single_step", "single step", DISCONTINUITY(single_step),
                          [](SaveArea& state, const Instruction&) { state.rflags &= ~trap_flag; });
}

Discontinuity privileged() {
    return without_effect("privileged", "privileged hlt", DISCONTINUITY(privileged), skip);
}

// The handler aligns the address, and the instruction is tried again.
Discontinuity misaligned() {
    Discontinuity it{.key = "misaligned",
                     .name = "misaligned movaps",
                     .instruction = DISCONTINUITY(misaligned),
                     .before = patterns()};
    Registers expected = it.before;
    expected.rsi = reinterpret_cast<std::uint64_t>(operands);
    it.before.rsi = expected.rsi + 8;
    run(it, [](SaveArea& state, const Instruction&) { state.rsi &= ~std::uint64_t{15}; }, expected);
    return it;
}

// The handler clears AC, and the instruction is tried again: misaligned, but nobody minds.
Discontinuity alignment_check() {
    Discontinuity it{.key = "alignment_check",
                     .name = "alignment check",
                     .instruction = DISCONTINUITY(alignment_check),
                     .before = patterns()};
    it.before.rsi = reinterpret_cast<std::uint64_t>(operands) + 1;
    Registers expected = it.before;
    __builtin_memcpy(&expected.rdi, reinterpret_cast<const std::byte*>(operands) + 1, 8);
    run(it, [](SaveArea& state, const Instruction&) { state.rflags &= ~alignment_flag; }, expected);
    return it;
}

} // namespace discontinuities
