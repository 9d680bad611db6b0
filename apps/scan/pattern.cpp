// apps/scan/pattern.cpp - reads and checks the options of scan.

#include "apps/scan/pattern.hpp"

#include <new>

#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"

namespace scan {

namespace {

using bindings::AccessPattern;
using bindings::Pattern;

Pattern parse_pattern(std::string_view name) {
    for (std::size_t i = 0; i < std::size(bindings::pattern_names); ++i)
        if (bindings::pattern_names[i] == name)
            return static_cast<Pattern>(i);
    libos::fail(abi::Error::invalid_argument,
                "scan: there is no pattern `{}`; there are cyclic, uniform, zipf and "
                "window",
                name);
}

std::uint64_t parse(const libos::Arguments& arguments, std::string_view name,
                    std::uint64_t otherwise, std::uint64_t least, std::uint64_t most) {
    const auto number = arguments.number(name, otherwise);
    if (!number || *number < least || *number > most)
        libos::fail(abi::Error::invalid_argument,
                    "scan: {} must be a number from {} to {}, not `{}`", name, least, most,
                    arguments.option(name, ""));
    return *number;
}

bool is_known(std::string_view word) {
    for (const std::string_view known : {"--pattern", "--pages", "--passes", "--threads", "--skew",
                                         "--window", "--write", "--check"})
        if (word == known)
            return true;
    return false;
}

} // namespace

Options parse_options(const libos::Arguments& arguments, std::uint64_t seed) {
    for (std::size_t i = 0; i < arguments.count(); ++i)
        if (arguments[i].starts_with('-') && !is_known(arguments[i]))
            libos::fail(abi::Error::invalid_argument,
                        "scan: there is no option {}; there are --pattern, --pages, --passes, "
                        "--threads, --skew, --window, --write and --check",
                        arguments[i]);
    Options options;
    AccessPattern& pattern = options.pattern;
    pattern.pattern = parse_pattern(arguments.option("--pattern", "cyclic"));
    if (arguments.has("--pages"))
        pattern.pages = parse(arguments, "--pages", 0, 1, AccessPattern::most_pages);
    pattern.passes = parse(arguments, "--passes", 1, 1, AccessPattern::most_passes);
    pattern.threads = parse(arguments, "--threads", 1, 1, libos::threads::limit - 1);
    pattern.skew = parse(arguments, "--skew", pattern.skew, 0, AccessPattern::most_skew);
    pattern.window = parse(arguments, "--window", pattern.window, 1, AccessPattern::most_pages);
    pattern.seed = seed;
    options.write = arguments.has("--write");
    options.check = arguments.has("--check");
    if (options.check && !options.write)
        libos::fail(abi::Error::invalid_argument,
                    "scan: --check counts what --write wrote; give both");
    return options;
}

void prepare(Options& options) {
    if (options.pattern.pattern == Pattern::window &&
        options.pattern.window > options.pattern.pages)
        libos::fail(abi::Error::out_of_range,
                    "scan: a window of {} pages does not fit into {}; say a smaller one with "
                    "--window",
                    options.pattern.window, options.pattern.pages);
    if (options.pattern.pattern != Pattern::zipf)
        return;
    const auto sums = libos::heap::allocate_array<std::uint64_t>(options.pattern.pages);
    void* const room = libos::heap::allocate(sizeof(bindings::Zipf));
    options.zipf = new (room) bindings::Zipf{sums, options.pattern.skew};
}

} // namespace scan
