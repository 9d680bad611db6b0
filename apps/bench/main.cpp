// apps/bench/main.cpp - runs the measurements one after the other and ends.
//
// `arguments=N` in the manifest is the number of passes, 1,000 if absent. The figures that it
// prints are ticks; the budgets are checked on the host with the profiler's counts.

#include <string_view>

#include "apps/bench/benchmarks.hpp"
#include "libos/core/system_call.hpp"

namespace bench {
namespace {

std::uint64_t passes_wanted(const abi::StartInformation& start) {
    std::string_view text{reinterpret_cast<const char*>(abi::layout::manifest),
                          start.manifest_bytes};
    constexpr std::string_view key = "\narguments=";
    while (!text.empty() && !text.starts_with(key))
        text.remove_prefix(1);
    std::uint64_t passes = 0;
    for (std::size_t i = key.size(); i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
        passes = passes * 10 + static_cast<std::uint64_t>(text[i] - '0');
    return passes == 0 ? 1000 : passes;
}

} // namespace

extern "C" [[noreturn]] void bench_start(const abi::StartInformation* start) {
    const std::uint64_t passes = passes_wanted(*start);
    const Ground ground = prepare(start);
    measure_calls(ground, passes);
    measure_faults(ground, passes);
    measure_disk(ground, passes);
    measure_switch(ground, passes);
    measure_emit(ground, passes);
    run_long_calls(ground);
    libos::system_call::end(0);
}

} // namespace bench
