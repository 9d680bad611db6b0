// apps/scan/pattern.hpp - the options of scan and the reference string that they mean.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bindings/random.hpp"
#include "bindings/zipf.hpp"
#include "libos/core/arguments.hpp"

namespace scan {

enum class Pattern : std::uint8_t { cyclic, uniform, zipf, trace };

struct Options {
    Pattern pattern = Pattern::cyclic;
    std::uint64_t pages = 0; // 0: as many as there are
    std::uint64_t passes = 1;
    std::uint64_t threads = 1;
    std::uint64_t skew = 99;
    std::uint64_t seed = 1;
    bool write = false;
    bool check = false;
    std::span<const std::uint32_t> trace;
    const bindings::Zipf* zipf = nullptr;
};

/// Reads the options; ends the run with a message when one makes no sense.
Options parse_options(const libos::Arguments& arguments, std::uint64_t seed);

/// Takes the bytes of a trace file.
void use_trace(Options& options, std::span<const std::byte> bytes);

/// What is needed before the first access, once the number of pages is known.
void prepare(Options& options);

std::uint64_t access_count(const Options& options);

/// Calls touch(page) for each access of thread `number`, in order. Cyclic: a thread walks its own
/// part of the pages; trace: every threads-th reference; else: its own random sequence.
template <class Touch>
void for_each_access(const Options& options, std::uint64_t number, Touch touch) {
    if (options.pattern == Pattern::cyclic) {
        const std::uint64_t begin = options.pages * number / options.threads;
        const std::uint64_t end = options.pages * (number + 1) / options.threads;
        for (std::uint64_t pass = 0; pass < options.passes; ++pass)
            for (std::uint64_t page = begin; page < end; ++page)
                touch(page);
        return;
    }
    if (options.pattern == Pattern::trace) {
        for (std::uint64_t pass = 0; pass < options.passes; ++pass)
            for (std::uint64_t i = number; i < options.trace.size(); i += options.threads)
                touch(options.trace[i]);
        return;
    }
    const std::uint64_t total = access_count(options);
    const std::uint64_t share =
        total * (number + 1) / options.threads - total * number / options.threads;
    bindings::Random random{options.seed + number};
    for (std::uint64_t i = 0; i < share; ++i)
        touch(options.pattern == Pattern::zipf ? options.zipf->next(random)
                                               : random.below(options.pages));
}

} // namespace scan
