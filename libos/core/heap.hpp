// libos/core/heap.hpp - memory for the libOS and its application, from frames bound as it grows.
//
// Blocks of power-of-two sizes with a free list for each; pages come in runs. Heap memory is never
// paged: the pager's own books lie in it. Threads need no lock, because only a page fault on a
// managed region can switch threads, and the heap is none. Running out ends the run with a message.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bindings/abi/capability.hpp"

namespace libos::heap {

/// `bytes` of memory, zeroed, aligned to 16 bytes (to 64 from 64 bytes on).
void* allocate(std::size_t bytes);

/// Gives back what `allocate` returned for `bytes`.
void release(void* memory, std::size_t bytes);

/// `pages` consecutive pages, zeroed, behind one page that is not mapped (a guard for stacks).
/// Never given back.
std::uint64_t allocate_pages(std::uint64_t pages);

/// From now on each frame that the heap grows by joins the guaranteed set. Called when the pager's
/// pool has been bound: force takes the newest frames first, and those are the heap's from here on.
/// The set has 32 places; what the heap grows beyond them is as safe as the pool.
void guarantee_growth();

/// Maps frames that the caller has bound, one after the other; the address of the first. They stay.
std::uint64_t adopt_pages(std::span<const abi::Capability> frames);

/// `count` zeroed objects of a type that needs no construction.
template <class T> std::span<T> allocate_array(std::size_t count) {
    return {static_cast<T*>(allocate(count * sizeof(T))), count};
}

} // namespace libos::heap
