// tests/qemu/support/arguments.hpp - how many arguments each call has; the others must be 0.

#pragma once

#include <cstdint>

#include "bindings/abi/system_call.hpp"

namespace arguments {

inline constexpr unsigned counts[abi::call_count] = {
    0, 4, 2, 4, 2, 4, 5, 2, // null, translations, frames, tables, views
    4, 0, 4, 1, 1,          // capabilities
    1, 5, 2, 1, 2, 3, 1,    // environments
    0, 1, 0, 0, 2,          // processor
    3, 1, 0,                // devices
    5, 2, 1, 1,             // revocation
    4,                      // slices
};

/// `values` without those that the call does not have; the hot calls do not look.
inline void trim(abi::Call call, std::uint64_t (&values)[5]) {
    const auto number = static_cast<std::uint64_t>(call);
    if (number >= abi::hot_call_count && number < abi::call_count)
        for (unsigned i = counts[number]; i != 5; ++i)
            values[i] = 0;
}

} // namespace arguments
