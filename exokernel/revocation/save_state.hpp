// exokernel/revocation/save_state.hpp - writing the contents of a frame before it is taken away.

#pragma once

#include <cstdint>

#include "exokernel/bindings/capability_entry.hpp"
#include "exokernel/disk/transfers.hpp"

namespace exokernel {

/// Takes a frame away from `holder`: `entry`, its first binding, has no name, no translations, no
/// descendants and no transfers any more. Where the next slot of the holder's vector names a place
/// that it may write, the contents are written there first and the frame is freed when they are.
/// False: the device has no place for another transfer now; nothing was done.
bool take_frame(Environment& holder, CapabilityEntry& entry);

/// The write has ended: the frame is free, its holder is told.
void finish_saving(const Transfer& transfer, bool failed);

} // namespace exokernel
