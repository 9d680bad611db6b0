// apps/discontinuities/instructions.hpp - what instructions.S defines.

#pragma once

#include "apps/discontinuities/discontinuity.hpp"

extern "C" {
extern discontinuities::Registers registers_after;

#define DECLARE_INSTRUCTION(name)                                                                  \
    void discontinuity_##name(const discontinuities::Registers* before);                           \
    extern const char name##_at[], name##_behind[];
DECLARE_INSTRUCTION(divide_error)
DECLARE_INSTRUCTION(invalid_opcode)
DECLARE_INSTRUCTION(breakpoint)
DECLARE_INSTRUCTION(single_step)
DECLARE_INSTRUCTION(privileged)
DECLARE_INSTRUCTION(misaligned)
DECLARE_INSTRUCTION(alignment_check)
DECLARE_INSTRUCTION(page_fault)
DECLARE_INSTRUCTION(system_call)
DECLARE_INSTRUCTION(timer)
DECLARE_INSTRUCTION(completion)
#undef DECLARE_INSTRUCTION
}

#define DISCONTINUITY(name) {discontinuity_##name, name##_at, name##_behind}
