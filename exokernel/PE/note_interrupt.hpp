// exokernel/PE/note_interrupt.hpp - what the hardware saved at an interrupt, for who wants to know.
//
// An interrupt is no upcall: what it means for an environment (a completion) is told through that
// entry. That it came, and where, stands in the PE page of the environment that had the processor.

#pragma once

#include "exokernel/recording/record.hpp"

namespace exokernel {

inline void note_interrupt(Environment& environment, const Registers& saved) {
    const std::uint64_t ring = saved.cs & 3;
    record(Event::interrupt, saved.vector, saved.rip, saved.rflags, saved.rsp, ring);
    if (environment.pe_page == nullptr)
        return; // `nobody` has none
    abi::InterruptNote& note = environment.pe_page->interrupted;
    ++note.count;
    note.vector = static_cast<std::uint32_t>(saved.vector);
    note.ring = static_cast<std::uint32_t>(ring);
    note.rip = ring == 0 ? 0 : saved.rip;
    note.rflags = ring == 0 ? 0 : saved.rflags;
    note.rsp = ring == 0 ? 0 : saved.rsp;
}

} // namespace exokernel
