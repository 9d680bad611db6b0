// exokernel/revocation/repossession.hpp - telling an environment what was taken from it.

#pragma once

#include "bindings/abi/revocation.hpp"             // IWYU pragma: export
#include "exokernel/bindings/capability_entry.hpp" // IWYU pragma: export

namespace exokernel {

struct Environment;
struct Transfer;

inline constexpr std::uint32_t no_slot = ~std::uint32_t{0};

// A binding that is being taken, and where its holder will read of it.
struct Taken {
    abi::Capability name;
    abi::Kind kind;
    std::uint32_t frame; // of a frame
    std::uint16_t bits;  // accessed and dirty, of its translations
    std::uint32_t slot;  // of the repossession vector; no_slot: there was none that is ready
};

// Where the holder wants the contents of a frame.
struct Place {
    abi::Capability extent; // 0: nowhere
    std::uint32_t block;
};

/// Takes the next slot of the environment's vector for `taken`, if that is ready. Returns the place
/// that it was pre-loaded with.
Place take_slot(Environment& environment, Taken& taken);

/// Writes the slot's final state and raises the upcall that tells of it. `forced`: the number of
/// the revocation that took it by force; 0: it went with what it was derived from.
void tell(Environment& environment, const Taken& taken, abi::RepossessionState state,
          std::uint32_t error, std::uint32_t forced);

/// Both, for what has no contents to save.
void tell_lost(Environment& environment, Taken taken, std::uint32_t forced);

/// Takes a frame away from `holder`: `entry`, its first binding, has no name, no translations, no
/// descendants and no transfers any more. Where the next slot of the holder's vector names a place
/// that it may write, the contents are written there first and the frame is freed when they are.
/// False: the device has no place for another transfer now; nothing was done.
bool take_frame(Environment& holder, CapabilityEntry& entry);

/// The write has ended: the frame is free, its holder is told.
void finish_saving(const Transfer& transfer, bool failed);

} // namespace exokernel
