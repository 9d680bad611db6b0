// tests/host/booted/simulated.hpp - a booted run beside the simulator's of the same string.

#pragma once

#include <string>
#include <vector>

#include "tests/host/booted/guest.hpp"
#include "tools/simulator/simulated_policies.hpp"

namespace booted {

/// The policies that run in the booted libOS too.
std::vector<std::string> shipped_policies();

/// The figures of mode hw.
simulator::Figures simulated(const std::string& policy, const simulator::ReferenceString& string,
                             std::uint32_t frames, std::uint64_t seed = 1,
                             const libos::PagingRules& paging = {});

/// Checks faults, evictions, victims_hash and that no fallback stepped in.
void check_same(const Guest& guest, const simulator::Figures& figures);

simulator::ReferenceString string_of(const std::vector<std::uint64_t>& pages);

/// As a trace file has it: page numbers of `bytes` bytes each, lowest first.
std::string trace_of(const simulator::ReferenceString& string, int bytes = 4);
/// The form .pg32, with the written bits.
std::string pg32_of(const simulator::ReferenceString& string);

std::string packed(const std::string& bytes, int level = 3);

} // namespace booted
