// apps/scan/pattern.cpp - reads and checks the options of scan.

#include "apps/scan/pattern.hpp"

#include <new>

#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"

namespace scan {

namespace {

constexpr std::string_view names[] = {"cyclic", "uniform", "zipf", "trace"};

Pattern parse_pattern(std::string_view name) {
    for (std::size_t i = 0; i < std::size(names); ++i)
        if (names[i] == name)
            return static_cast<Pattern>(i);
    libos::fail(abi::Error::invalid_argument,
                "scan: there is no pattern `{}`; there are cyclic, uniform, zipf and trace", name);
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
    for (const std::string_view known :
         {"--pattern", "--pages", "--passes", "--threads", "--skew", "--write", "--check"})
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
                        "--threads, --skew, --write and --check",
                        arguments[i]);
    Options options;
    options.pattern = parse_pattern(arguments.option("--pattern", "cyclic"));
    if (arguments.has("--pages"))
        options.pages = parse(arguments, "--pages", 0, 1, std::uint64_t{1} << 24);
    options.passes = parse(arguments, "--passes", 1, 1, std::uint64_t{1} << 32);
    options.threads = parse(arguments, "--threads", 1, 1, libos::threads::limit - 1);
    options.skew = parse(arguments, "--skew", 99, 0, 1000);
    options.seed = seed;
    options.write = arguments.has("--write");
    options.check = arguments.has("--check");
    if (options.check && !options.write)
        libos::fail(abi::Error::invalid_argument,
                    "scan: --check counts what --write wrote; give both");
    return options;
}

void use_trace(Options& options, std::span<const std::byte> bytes) {
    if (bytes.empty() || bytes.size() % 4 != 0)
        libos::fail(abi::Error::invalid_argument,
                    "scan: the trace has {} bytes; it must hold page numbers of 4 bytes each",
                    bytes.size());
    options.trace = {reinterpret_cast<const std::uint32_t*>(bytes.data()), bytes.size() / 4};
}

void prepare(Options& options) {
    if (options.pattern == Pattern::trace) {
        for (std::size_t i = 0; i < options.trace.size(); ++i)
            if (options.trace[i] >= options.pages)
                libos::fail(abi::Error::out_of_range,
                            "scan: reference {} of the trace is page {}, but there are only {} "
                            "pages",
                            i, options.trace[i], options.pages);
    }
    if (options.pattern == Pattern::zipf) {
        const auto sums = libos::heap::allocate_array<std::uint64_t>(options.pages);
        void* const room = libos::heap::allocate(sizeof(bindings::Zipf));
        options.zipf = new (room) bindings::Zipf{sums, options.skew};
    }
}

std::uint64_t access_count(const Options& options) {
    return options.passes *
           (options.pattern == Pattern::trace ? options.trace.size() : options.pages);
}

} // namespace scan
