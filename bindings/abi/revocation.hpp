// bindings/abi/revocation.hpp - visible revocation: what a libOS is asked for, and what it is told
// of what was taken by force.
//
// The kernel asks (entry `revoke`; PE page: revoke_binding, revoke_count, revoke_deadline). The
// libOS chooses what it gives back, cleans it and drops it. What is still missing when the deadline
// passes is taken by force, newest first, frames before tables; never from the guaranteed set. Each
// binding taken gets a slot of the RepossessionVector, if the libOS has registered one (entry
// `repossession`; PE page: repossessed). A frame's contents are first written to the block that the
// slot was pre-loaded with, if there is one. (Engler, Kaashoek, O'Toole: "Exokernel", SOSP 1995,
// sections 3.4 and 3.5; the vector and its pre-loading are theirs.)
//
// Slots are used in order, round and round; slot n of all used lies at [n % repossession_slots].
// The libOS makes a slot `ready`, with a place or without; the kernel uses only ready ones. When it
// finds none, the binding is taken all the same and `unrecorded` in the PE page counts it.

#pragma once

#include <cstdint>
#include <type_traits>

#include "bindings/abi/capability.hpp"

namespace abi {

inline constexpr std::uint32_t repossession_slots = 128;
inline constexpr std::uint32_t guaranteed_limit = 32; // frames of one environment

enum class RepossessionState : std::uint8_t {
    unused = 0,
    ready = 1,  // set by the libOS: the kernel may use it
    saving = 2, // the contents are being written to the place
    saved = 3,  // the contents lie at the place
    lost = 4,   // taken without saving: no place, or nothing that could be saved
    failed = 5, // the place could not be written: `error` says why
};

struct Repossession {
    RepossessionState state; // both: see above
    Kind kind;               // kernel: of the binding taken
    std::uint16_t bits;      // kernel: accessed and dirty, of translations; both if passed on
    std::uint32_t block;     // libOS: place, from the extent's first block
    std::uint32_t frame;     // kernel: physical frame number, of a frame
    std::uint32_t error;     // kernel: of `failed`
    Capability binding;      // kernel: what the binding was called
    Capability extent;       // libOS: place; 0: none
};
static_assert(sizeof(Repossession) == 32 && std::is_standard_layout_v<Repossession>);

struct RepossessionVector {
    Repossession slots[repossession_slots];
};
static_assert(sizeof(RepossessionVector) == 4096);

} // namespace abi
