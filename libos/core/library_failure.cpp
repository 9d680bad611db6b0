// libos/core/library_failure.cpp - what the C++ library calls when it is used wrongly.
//
// There are no exceptions in a guest: the run ends and says so.

#include "libos/core/start.hpp"

namespace std {
void __throw_out_of_range_fmt(const char* what, ...) {
    const std::string_view text{what}; // "function: printf pattern"
    libos::fail(abi::Error::out_of_range,
                "libos: the application went out of range in the C++ library, in {}",
                text.starts_with("%s") ? "a string" : text.substr(0, text.find(':')));
}
void __throw_length_error(const char* what) {
    libos::fail(abi::Error::limit_reached, "libos: too long for the C++ library: {}", what);
}
} // namespace std

extern "C" [[noreturn]] void __cxa_pure_virtual() { // NOLINT: the compiler names it
    libos::fail(abi::Error::invalid_argument, "libos: a pure virtual function was called");
}
extern "C" [[noreturn]] void abort() {
    libos::fail(abi::Error::invalid_argument, "libos: the application called abort");
}
extern "C" int atexit(void (*)()) { return 0; } // what lives statically ends with the run
