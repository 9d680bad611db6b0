// exokernel/drivers/device_result.hpp - what finding and initialising a device returns.
//
// Devices are set up once, at boot, before any environment exists; the only reader of a failure is
// the person who started the machine. So the error is a sentence: what is wrong, and what to do.

#pragma once

#include <expected>

namespace exokernel {

template <class T> using DeviceResult = std::expected<T, const char*>;

} // namespace exokernel
