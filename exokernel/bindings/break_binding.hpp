// exokernel/bindings/break_binding.hpp - taking bindings back, in bounded steps.

#pragma once

#include "exokernel/revocation/repossession.hpp" // IWYU pragma: export

namespace exokernel {

enum class Progress : std::uint8_t {
    done,
    again, // the step's work is used up
    waits, // for a transfer, or for the clean-up of an environment
};

// Leaves with the progress of a step that is not done.
#define FINISH(step)                                                                               \
    if (const Progress progress = (step); progress != Progress::done)                              \
    return progress

/// Breaks everything derived from `entry`, leaves first, and `entry` itself where asked: removes
/// translations, waits for transfers, frees frames. Resumable: call again until `done`. `work`
/// counts the units used, up to step_limit.
Progress break_descendants(CapabilityEntry& entry, std::uint32_t& work);
Progress break_subtree(CapabilityEntry& entry, std::uint32_t& work);

/// Removes all translations made through a frame's binding, in steps; `hardware` of the entry
/// gathers the accessed and dirty bits they had.
Progress remove_mappings(CapabilityEntry& frame, std::uint32_t& work);

/// Takes a pinned frame out of its environment's use as ring or vector; false for what the
/// environment cannot live without.
bool stop_serving(std::uint64_t pfn);

/// What the holder of `entry` will be told when it is gone, in `slot`; without one, in none yet.
Taken taken_of(const CapabilityEntry& entry, std::uint32_t slot = ~std::uint32_t{0});

} // namespace exokernel
