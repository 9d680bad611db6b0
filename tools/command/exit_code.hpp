// tools/command/exit_code.hpp - how `exo` ends, and how its parts say that something failed.
//
// Guarantees: the numbers are an interface that scripts rely on. A Failure carries what happened,
// why and what to do next on one or two lines; `main_program` prints it and returns its code.

#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "bindings/abi/error.hpp" // TRY

namespace command {

enum class ExitCode : int {
    done = 0,
    check_failed = 1,      // it ran and a check failed
    usage = 2,             // the command line asks for something that is not there
    tool_missing = 3,      // a needed tool is missing or too old
    guest_failed = 4,      // the guest crashed or gave no result
    internal_fault = 5,    // a fault in exo itself, or of the host (disk full ...)
    application_error = 6, // the app ended with an error of its own
    timeout = 124,
    interrupted = 130,
};

struct Failure {
    ExitCode code = ExitCode::internal_fault;
    std::string message;
};

template <class T> using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> usage_error(std::string message) {
    return std::unexpected(Failure{ExitCode::usage, std::move(message)});
}
inline std::unexpected<Failure> host_error(std::string message) {
    return std::unexpected(Failure{ExitCode::internal_fault, std::move(message)});
}

} // namespace command
