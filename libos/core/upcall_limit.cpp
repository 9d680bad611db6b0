// libos/core/upcall_limit.cpp - arming and pausing the limit on the length of an upcall.

#include "libos/core/upcall_limit.hpp"

#include <cstdint>

#include "bindings/abi/layout.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"

namespace libos {

namespace {

constexpr std::uint64_t instructions = 100'000'000;
std::uint64_t limit = 0; // 0: not armed
std::uint64_t pauses = 0;

void set(std::uint64_t ticks) {
    const auto result = system_call::set_limit({}, ticks);
    if (!result)
        fail(result.error(),
             "libos: a limit of {} instructions for an upcall is refused: {}; `upcall_limit` of "
             "the manifest must be 0, or from 1000 to 2^40",
             ticks, name_of(result.error()));
}

} // namespace

void arm_upcall_limit() {
    // The kernel's word, which is the same in every environment whatever its manifest says.
    const auto& facts = *reinterpret_cast<const abi::SystemPage*>(abi::layout::system_page);
    const bool counts_instructions = facts.deterministic != 0;
    limit = counts_instructions ? manifest().number("upcall_limit", instructions) : 0;
    if (limit != 0)
        set(limit);
}

UpcallLimitPaused::UpcallLimitPaused() {
    const UpcallsDisabled guard; // no slice of another thread's in between
    if (pauses++ == 0 && limit != 0)
        set(0);
}

UpcallLimitPaused::~UpcallLimitPaused() {
    const UpcallsDisabled guard;
    if (--pauses == 0 && limit != 0)
        set(limit);
}

} // namespace libos
