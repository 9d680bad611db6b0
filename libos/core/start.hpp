// libos/core/start.hpp - the beginning and the end of an application.

#pragma once

#include <string_view>

#include "bindings/abi/error.hpp"
#include "bindings/abi/layout.hpp"
#include "libos/core/arguments.hpp"
#include "libos/core/manifest.hpp"
#include "libos/core/print.hpp"

/// What an application defines: runs as the first thread; its result is the run's status.
int application_main(libos::Arguments arguments);

namespace libos {

/// What the exokernel told this environment at its start.
inline const abi::StartInformation& start_information() {
    return *reinterpret_cast<const abi::StartInformation*>(abi::layout::start_information);
}

const Manifest& manifest();

/// Writes back what is dirty, prints the run's figures and ends it. Call from a thread.
[[noreturn]] void finish(int status);

/// Ends the run at once with `error` as its status, after whatever was printed. For the start,
/// when nothing can be dirty yet, and for a libOS that cannot trust itself any more.
[[noreturn]] void end_now(abi::Error error);

/// Prints a message and ends the run with `error` as its status; see end_now.
template <class... Words>
[[noreturn]] void fail(abi::Error error, std::string_view pattern, Words... words) {
    print(pattern, words...);
    print("\n");
    end_now(error);
}

} // namespace libos
