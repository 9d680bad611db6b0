// libos/vm/faulting_thread.hpp - the part of a thread that the pager knows.

#pragma once

#include <cstdint>

#include "libos/vm/replacement_policy.hpp"

namespace libos {

struct FaultingThread {
    FaultingThread* next_waiting = nullptr; // in the list of a fault, or of stalled threads
    std::uint32_t id = 0;
    Why why = Why::read;
    bool faulted = false;              // has not been resumed since its last fault
    PageNo page = 0;                   // of its last fault
    std::uint64_t sequence = 0;        // of its last fault
    std::uint8_t* fresh_pin = nullptr; // pin of the page just mapped for it, until it resumes
    // An instruction may touch several pages. While it is executed again without having got on,
    // what was mapped for it before stays pinned, whatever the policy would like to give up.
    static constexpr std::uint32_t held_limit = 8;
    FrameNo held[held_limit] = {};
    std::uint32_t held_count = 0;
};

} // namespace libos
