// tests/qemu/support/check.hpp - checks of a booted test: one true sentence each.
//
// A check that holds prints its sentence, so the transcript says what is guaranteed. One that
// fails prints what was seen instead, and the run ends with the number of failures as its status.

#pragma once

#include <cstdint>
#include <string_view>

#include "bindings/abi/error.hpp"
#include "libos/core/print.hpp"

namespace check {

using Value = abi::Result<std::uint64_t>;

inline unsigned failures = 0;

inline void that(std::string_view sentence, bool holds) {
    if (!holds)
        ++failures;
    libos::print("{}{}\n", holds ? "" : "FAILED: ", sentence);
}

inline void equal(std::string_view sentence, std::uint64_t seen, std::uint64_t expected) {
    that(sentence, seen == expected);
    if (seen != expected)
        libos::print("  seen {} ({x}), expected {} ({x})\n", seen, seen, expected, expected);
}

inline void refused(std::string_view sentence, const Value& seen, abi::Error expected) {
    const bool holds = !seen && seen.error() == expected;
    that(sentence, holds);
    if (!holds)
        libos::print("  seen {}, expected {}\n", seen ? "success" : name_of(seen.error()),
                     name_of(expected));
}

inline void succeeds(std::string_view sentence, const Value& seen) {
    that(sentence, seen.has_value());
    if (!seen)
        libos::print("  seen {}\n", name_of(seen.error()));
}

/// The value of a call that the test itself stands on.
inline std::uint64_t needed(std::string_view what, const Value& seen) {
    if (!seen) {
        ++failures;
        libos::print("FAILED: cannot go on: {}: {}\n", what, name_of(seen.error()));
    }
    return seen.value_or(0);
}

inline int verdict() {
    if (failures != 0)
        libos::print("{} checks failed\n", failures);
    return static_cast<int>(failures);
}

} // namespace check
