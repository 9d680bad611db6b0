// exokernel/bindings/break_binding.hpp - taking bindings back, in bounded steps.

#pragma once

#include <cstdint>

#include "bindings/abi/capability.hpp"

namespace exokernel {

enum class Progress : std::uint8_t {
    done,
    again, // the step's work is used up
    waits, // for a transfer, or for the clean-up of an environment
};

/// Breaks everything derived from `entry`, leaves first, and `entry` itself where asked: removes
/// translations, waits for transfers, frees frames. Resumable: call again until `done`. `work`
/// counts the units used, up to step_limit.
Progress break_descendants(abi::CapabilityEntry& entry, std::uint32_t& work);
Progress break_subtree(abi::CapabilityEntry& entry, std::uint32_t& work);

} // namespace exokernel
