// apps/discontinuities/discontinuity.cpp - what follows from what was saved.

#include "apps/discontinuities/discontinuity.hpp"

namespace discontinuities {

const char* Discontinuity::class_name() const {
    if (asynchronous)
        return "interrupt";
    return rip == instruction.begin() ? "fault" : rip == instruction.end() ? "trap" : "unknown";
}

const char* Discontinuity::saved_rip() const {
    const std::uint64_t begin = instruction.begin();
    const std::uint64_t end = instruction.end();
    if (asynchronous)
        return rip >= begin && rip <= end ? "next" : "elsewhere";
    return rip == begin ? "of it" : rip == end ? "behind" : "elsewhere";
}

const char* Discontinuity::pe_entry() const { return by_upcall ? name_of(entry) : "none"; }

// `sysret` takes rip from rcx and the flags from r11, so both hold them afterwards. The programs
// had other values there; what `iret` ends brings them back.
const char* Discontinuity::resumed_by() const {
    if (by_upcall)
        return "libOS";
    return after.rcx == rip && after.r11 == rflags ? "sysret" : "iret";
}

const char* Discontinuity::resumed_how() const {
    if (resumed_rip == rip)
        return !asynchronous && rip == instruction.begin() ? "retried" : "continued";
    return resumed_rip == instruction.end() ? "skipped" : "elsewhere";
}

Registers patterns() {
    Registers all{};
    auto* const words = reinterpret_cast<std::uint64_t*>(&all);
    for (std::uint64_t i = 0; i != sizeof all / sizeof *words; ++i)
        words[i] = 0x1122'3344'5566'7788 + i * 0x0101'0101'0101'0101;
    all.rflags = arithmetic_flags | interrupt_flag | 2;
    return all;
}

bool equal(const Registers& a, const Registers& b, std::uint64_t flags) {
    const auto* const left = reinterpret_cast<const std::uint64_t*>(&a);
    const auto* const right = reinterpret_cast<const std::uint64_t*>(&b);
    for (std::uint64_t i = 0; i != 16; ++i)
        if (i != offsetof(Registers, rsp) / 8 && left[i] != right[i])
            return false;
    return ((a.rflags ^ b.rflags) & flags) == 0;
}

} // namespace discontinuities
