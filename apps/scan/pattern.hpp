// apps/scan/pattern.hpp - the options of scan.

#pragma once

#include <cstdint>

#include "bindings/access_pattern.hpp"
#include "libos/core/arguments.hpp"

namespace scan {

struct Options {
    bindings::AccessPattern pattern; // no pages: as many as there are
    bool write = false;
    bool check = false;
    const bindings::Zipf* zipf = nullptr;
};

/// Reads the options; ends the run with a message when one makes no sense.
Options parse_options(const libos::Arguments& arguments, std::uint64_t seed);

/// What is needed before the first access, once the number of pages is known.
void prepare(Options& options);

} // namespace scan
