// libos/lrpc/call_error.hpp - why a call gave no results.
//
// It crosses between domains as one word. Either side may forge it, so it decides nothing but what
// the caller is told.

#pragma once

#include <cstdint>

#include "libos/lrpc/wire_error.hpp"

namespace lrpc {

struct CallError {
    enum class Reason : std::uint32_t {
        call_failed = 1,         // the server's domain ended, or the call was abandoned
        not_permitted = 2,       // the binding is gone, or lacks the procedure (detail: abi::Error)
        no_a_stack = 3,          // all are in use, and the binding says not to wait
        no_space = 4,            // no A-stack and no segment is as large as the arguments
        arguments_too_large = 5, // larger or deeper than any message may be; nothing was sent
        malformed_arguments = 6, // what the server received (detail: WireError)
        results_too_large = 7,   // they do not fit the space; none were stored
        malformed_results = 8,   // what the client received (detail: WireError)
        refused = 9,             // by the implementation (detail: its code)
        unknown_procedure = 10,  // the interface has none of that number
    };

    Reason reason = Reason::call_failed;
    std::uint32_t detail = 0;

    constexpr CallError() = default;
    constexpr explicit CallError(Reason why, std::uint32_t more = 0) : reason{why}, detail{more} {}
    constexpr CallError(Reason why, WireError error)
        : reason{why}, detail{static_cast<std::uint32_t>(error)} {}

    /// As one word, which is never 0.
    [[nodiscard]] constexpr std::uint64_t packed() const {
        return static_cast<std::uint64_t>(detail) << 32 | static_cast<std::uint32_t>(reason);
    }
    /// From such a word of a peer: any reason that is none of the above is `call_failed`.
    static constexpr CallError unpacked(std::uint64_t word) {
        const auto reason = static_cast<std::uint32_t>(word);
        if (reason == 0 || reason > static_cast<std::uint32_t>(Reason::unknown_procedure))
            return CallError{};
        return CallError{static_cast<Reason>(reason), static_cast<std::uint32_t>(word >> 32)};
    }
    friend constexpr bool operator==(CallError, CallError) = default;
};

// What an implementation returns instead of results; the caller gets `refused` with the code.
struct Refusal {
    std::uint32_t code = 0;
};

} // namespace lrpc
