// apps/bench/ground.hpp - what every measurement stands on: one leaf page table of its own, frames
// to install in it, and the PE with the resume sequence registered.

#pragma once

#include <array>
#include <cstdint>

#include "bindings/abi/address.hpp"
#include "bindings/abi/capability.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/processor_environment.hpp"

namespace bench {

inline constexpr std::uint64_t range = 0x20'0000'0000; // the leaf's 2 MiB, away from all else
inline constexpr std::uint64_t frame_count = 128;

struct Ground {
    const abi::StartInformation* start;
    abi::Capability table; // of the leaf
    std::array<abi::Capability, frame_count> frames;

    abi::Vpn page(std::uint64_t index) const {
        return abi::Vpn{abi::page_of(abi::VirtualAddress{range}).value + index};
    }
};

/// Binds tables and frames, registers stacks and the resume sequence, sets the PE's entries.
Ground prepare(const abi::StartInformation* start);

/// Binds `count` frames (at most 512) and returns where their capabilities lie.
const abi::Capability* bind_frames(abi::Capability memory, std::uint64_t count);

/// A page table of `level` for `address` under `root`, from freshly bound frames.
abi::Capability bind_table(const abi::StartInformation& start, abi::Capability root,
                           std::uint64_t address, std::uint32_t level);

/// The PE page; upcalls are disabled while the field says so.
abi::ProcessorEnvironmentPage& pe();
void enable_upcalls();
void disable_upcalls();

/// Sets where upcalls of `entry` go.
void set_entry(abi::Entry entry, void (*handler)());

} // namespace bench
