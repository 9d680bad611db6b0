// apps/bench/report.hpp - lines to the console: figures for the host, and why the program gave up.

#pragma once

#include <cstdint>

#include "bindings/abi/error.hpp"

namespace bench {

/// Prints `@output.NAME=VALUE`.
void report_figure(const char* name, std::uint64_t value);

/// Says what failed with which error, and ends the environment with status 1.
[[noreturn]] void give_up(const char* what, abi::Error error);

/// The value of `result`, or gives up.
std::uint64_t need(const abi::Result<std::uint64_t>& result, const char* what);

} // namespace bench
