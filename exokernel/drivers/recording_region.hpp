// exokernel/drivers/recording_region.hpp - the memory that the host maps as a file.
//
// It is BAR 2 of an `ivshmem-plain` device: ordinary memory, whose stores the host sees at once.
// This file only says where it lies; what lies in it is bindings/abi/recording.hpp.

#pragma once

#include <cstdint>

#include "exokernel/drivers/device_result.hpp"

namespace exokernel {

struct RecordingRegion {
    std::uint64_t physical; // aligned to its size
    std::uint64_t bytes;    // a power of two
};

/// The first such region, enabled but not yet mapped (`map_device`); fails if the machine
/// has no such device or the firmware found no room for it.
DeviceResult<RecordingRegion> find_recording_region();

} // namespace exokernel
