// tools/benchmark/specification.cpp - labels and stubs as lines for the profiler.

#include "tools/benchmark/specification.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

namespace benchmark {
namespace {

constexpr std::string_view region_prefix = "bench_";
constexpr std::string_view region_suffix = "_begin";
constexpr std::string_view fault_prefix = "fault_";
constexpr std::string_view interrupt_prefix = "interrupt_";
constexpr std::string_view kernel_ring = "_ZN9exokernel11kernel_ringE";

// Exceptions of trap class: the instruction has been executed when they are raised.
constexpr std::array<std::string_view, 3> traps{"1", "3", "4"};

/// "" or the line for the kernel's stub `name`.
std::string stub_line(std::string_view name, std::uint64_t address) {
    if (name.starts_with(interrupt_prefix))
        return fmt::format("interrupt {:x}\n", address);
    if (!name.starts_with(fault_prefix))
        return "";
    const std::string_view vector = name.substr(fault_prefix.size());
    if (vector.empty() || vector.find_first_not_of("0123456789") != vector.npos)
        return "";
    const bool trap = std::ranges::find(traps, vector) != traps.end();
    return fmt::format("{} {:x}\n", trap ? "interrupt" : "fault", address);
}

} // namespace

command::Outcome<std::string> specification_of(const Symbols& application, const Symbols& kernel) {
    std::string text;
    for (const auto& [symbol, from] : application) {
        const std::string_view name{symbol};
        if (!name.starts_with(region_prefix) || !name.ends_with(region_suffix))
            continue;
        const std::string_view region = name.substr(
            region_prefix.size(), name.size() - region_prefix.size() - region_suffix.size());
        const auto to = application.find(fmt::format("{}{}_end", region_prefix, region));
        if (to != application.end())
            text += fmt::format("region {} {:x} {:x}\n", region, from, to->second);
    }
    if (text.empty())
        return command::host_error("bench: the application has no labels bench_NAME_begin and "
                                   "bench_NAME_end, so there is nothing to measure");
    const std::size_t regions = text.size();
    for (const auto& [symbol, address] : kernel)
        text += stub_line(symbol, address);
    if (text.size() == regions)
        return command::host_error(
            "bench: the kernel's stubs fault_N are not among its symbols, so "
            "faults cannot be told from system calls; "
            "tools/benchmark/specification.cpp names them");
    // A kernel that does not record has no ring: nothing in it can name one.
    const auto ring = kernel.find(kernel_ring);
    return ring == kernel.end() ? text : text + fmt::format("watch {:x}\n", ring->second);
}

} // namespace benchmark
