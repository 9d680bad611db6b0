// bindings/abi/error.hpp - the one error type on both sides of the system-call boundary.
//
// Guarantees: values are ABI, append only (tests/golden pins them). A call that returns an error
// has had no effect, unless its own page says how much of it was done.

#pragma once

#include <cstdint>
#include <expected>

namespace abi {

enum class Error : std::uint32_t {
    invalid_argument = 1, // malformed whoever asks: misaligned, reserved bits, not a user address
    no_binding = 2,       // the slot holds no secure binding, or one of another kind
    access_denied = 3,    // there is a binding, but without the right that this needs
    revoked = 4,          // the binding that the capability named is gone: its generation is old
    no_memory = 5,        // fewer free frames than asked for, or the donor brought too few
    out_of_range = 6,     // a length or index beyond the object, the region or the batch
    occupied = 7,         // the target (page-table entry, slot, frame, position) is in use
    not_present = 8,      // nothing is there to remove, change or resume
    busy = 9,             // shared, mapped, pinned or under I/O: give that up first
    limit_reached = 10,   // the binding's own limit (frames of a memory binding, slots, depth)
    io_error = 11,        // the device reported a failure
    ended = 12,           // the environment has ended
    unknown_call = 13,    // no system call has this number
};

template <class T> using Result = std::expected<T, Error>;

/// The name of `error` as users read it; "unknown error" for a value that is none.
constexpr const char* name_of(Error error) {
    constexpr const char* names[] = {
        "none",          "invalid_argument", "no_binding", "access_denied", "revoked",
        "no_memory",     "out_of_range",     "occupied",   "not_present",   "busy",
        "limit_reached", "io_error",         "ended",      "unknown_call"};
    const auto index = static_cast<std::uint32_t>(error);
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown error";
}

} // namespace abi

// TRY(e): the value of the Result `e`, or return its error from the enclosing function.
// Not to be nested in the argument of another TRY.
#define TRY(...)                                                                                   \
    ({                                                                                             \
        auto&& result_ = (__VA_ARGS__);                                                            \
        if (!result_) [[unlikely]]                                                                 \
            return std::unexpected(result_.error());                                               \
        *static_cast<decltype(result_)>(result_);                                                  \
    })
