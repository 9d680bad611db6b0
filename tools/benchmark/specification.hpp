// tools/benchmark/specification.hpp - what the profiler is told, from the programs' own symbols.

#pragma once

#include <string>

#include "tools/benchmark/symbols.hpp"

namespace benchmark {

/// One region for each pair of labels bench_NAME_begin, bench_NAME_end of the application; where
/// the kernel begins; the kernel's exception and interrupt stubs; and the kernel's own ring, to be
/// watched, if it has one.
command::Outcome<std::string> specification_of(const Symbols& application, const Symbols& kernel);

/// For the app `trace`: the region between its marks, its own loop, and where the kernel does the
/// disk's work.
command::Outcome<std::string> specification_of_trace(const Symbols& application,
                                                     const Symbols& kernel);

} // namespace benchmark
