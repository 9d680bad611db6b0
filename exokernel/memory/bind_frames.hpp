// exokernel/memory/bind_frames.hpp - frame bindings.

#pragma once

#include "exokernel/memory/frame_table.hpp" // IWYU pragma: export

namespace exokernel {

struct Environment;

/// The binding of frame `pfn` with `rights`: `object` is the translation with the least access,
/// `detail` every access bit that it forbids.
Binding frame_binding(std::uint64_t pfn, std::uint32_t rights, CapabilityEntry* parent);

/// Binds the free frame `pfn` under a memory binding. The caller has checked everything.
CapabilityEntry& bind_frame(Environment& environment, CapabilityEntry& memory, std::uint64_t pfn);

/// The reverse: empties the slot of a frame's first binding, of whatever kind it has become, and
/// frees the frame.
void release_frame(CapabilityEntry& entry, std::uint64_t pfn);

/// What the memory binding with this reference has in use, and those above it, falls by `count`.
void lower_use(std::uint32_t memory, std::uint32_t count);

/// A frame binding that nobody shares and no device uses, readable and writable; it may be mapped.
/// What may serve its holder as PE page, request area, ring or vector. Error: busy.
abi::Result<CapabilityEntry*> find_pinnable(Environment& environment, abi::Capability capability);

/// The same, and not mapped either: what may be donated. Error: busy.
abi::Result<CapabilityEntry*> find_donation(Environment& environment, abi::Capability capability);

/// Clears a frame and keeps it for a use of `user`. Returns where the kernel finds it.
void* pin_zeroed(const CapabilityEntry& entry, FrameUse use, const Environment& user);

} // namespace exokernel
