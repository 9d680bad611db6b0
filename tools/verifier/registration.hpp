// tools/verifier/registration.hpp - what the kernel was told of a processor environment.

#pragma once

#include <array>
#include <cstdint>

#include "bindings/abi/processor_environment.hpp"

namespace verifier {

struct Registration {
    std::array<std::uint64_t, abi::entry_slots> entries{}; // addresses; 0: none
    std::array<std::uint64_t, 2> stacks{};                 // tops, of both save areas
    std::uint64_t pe_frame = 0;
    std::uint64_t resume_begin = 0, resume_end = 0;

    std::uint64_t address_of(abi::Entry entry) const {
        return entries[static_cast<std::uint32_t>(entry)];
    }
    /// An asynchronous upcall that arrives here leaves save area 0 as it is.
    bool resumes_at(std::uint64_t rip) const { return rip >= resume_begin && rip < resume_end; }
};

} // namespace verifier
