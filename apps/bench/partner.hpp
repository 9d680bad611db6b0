// apps/bench/partner.hpp - other environments: a page of position-independent code each.

#pragma once

#include "apps/bench/ground.hpp"

namespace bench {

inline constexpr std::uint64_t code_address = 0x40'0000; // of its page of code

struct Partner {
    abi::Capability environment;
    abi::Capability root;
};

/// An environment with a capability table of `table_frames` frames; nothing is mapped in it.
Partner create_partner(const Ground& ground, std::uint32_t table_frames);

/// Copies the code between the labels to a page of its own, in the partner's address space.
/// Returns the leaf table that it lies in, as the first page.
abi::Capability give_code(const Ground& ground, const Partner& partner, void (*begin)(),
                          void (*end)());

/// Starts it there, with a PE page, four `request_frames` if the first is not 0, and `argument`
/// in rdi.
void start_partner(const Ground& ground, const Partner& partner, std::uint64_t argument,
                   const std::array<abi::Capability, 4>& request_frames);

} // namespace bench
