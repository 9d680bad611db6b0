// libos/lrpc/procedure.hpp - what a run time knows of a procedure, and what it is handed.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "libos/lrpc/call_error.hpp"
#include "libos/lrpc/shared.hpp"

namespace lrpc {

inline constexpr std::size_t register_words = 6;
using RegisterWords = std::array<std::uint64_t, register_words>;

// Where a proxy stores arguments: an A-stack, or a segment out of band.
struct ArgumentSpace {
    std::uint64_t* words = nullptr;
    std::size_t capacity = 0;  // in words
    std::uint32_t a_stack = 0; // the run time's own, not looked at
};

// Where results lie after a call, in memory that the server may still write.
using ResultSpace = SharedWords;

// Where a skeleton stores results.
struct ResultWords {
    std::uint64_t* words = nullptr;
    std::size_t capacity = 0;
};

// The words used for results.
using Served = std::expected<std::size_t, CallError>;

// What a server's clerk registers for a procedure.
struct ProcedureDescriptor {
    std::string_view name;            // as in the schema
    std::uint32_t number = 0;         // its ordinal, which is its index
    std::uint32_t a_stack_bytes = 0;  // 0 if in registers
    std::uint32_t a_stacks = 0;       // how many calls at a time; 0 if in registers
    std::uint32_t copy_bytes = 0;     // most that either side copies; larger is `too_large`
    std::uint32_t argument_words = 0; // of the fixed part, root pointer included
    std::uint32_t result_words = 0;
    bool in_registers = false;
    bool by_reference = false; // at least one parameter is
};

// One word after the other: all six are in registers.
template <class Implementation> struct Dispatch {
    Served (*on_a_stack)(Implementation&, const volatile std::uint64_t* arguments, std::size_t used,
                         std::size_t capacity, std::uint64_t* results,
                         std::size_t results_capacity) = nullptr;
    std::expected<RegisterWords, CallError> (*in_registers)(Implementation&,
                                                            RegisterWords) = nullptr;
};

} // namespace lrpc
