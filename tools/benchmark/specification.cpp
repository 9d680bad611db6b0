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

// Where the kernel does the disk's work: parts of symbols.
constexpr std::array<std::string_view, 3> disk_work{
    "checkedITnDaXadL_ZNS_13sys_submit_io", "checkedITnDaXadL_ZNS_8sys_wait", "interrupt_disk"};

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

command::Outcome<std::string> stub_lines(const Symbols& kernel) {
    std::string text;
    for (const auto& [symbol, address] : kernel)
        text += stub_line(symbol, address);
    if (text.empty())
        return command::host_error(
            "bench: the kernel's stubs fault_N are not among its symbols, so "
            "faults cannot be told from system calls; "
            "tools/benchmark/specification.cpp names them");
    return text;
}

// Where the symbol behind it begins.
std::uint64_t end_of(const Symbols& symbols, std::uint64_t begin) {
    std::uint64_t end = ~std::uint64_t{0};
    for (const auto& [symbol, address] : symbols)
        if (address > begin)
            end = std::min(end, address);
    return end;
}

} // namespace

command::Outcome<std::string> specification_of_trace(const Symbols& application,
                                                     const Symbols& kernel) {
    const auto begin = application.find("trace_begin"), end = application.find("trace_end"),
               loop = application.find("trace_touch_all");
    if (begin == application.end() || end == application.end() || loop == application.end())
        return command::host_error("bench: trace has no symbols trace_begin, trace_end and "
                                   "trace_touch_all, so no fault of it can be measured");
    std::string text = fmt::format("region trace {:x} {:x}\napplication {:x} {:x}\n", begin->second,
                                   end->second, loop->second, end_of(application, loop->second));
    text += TRY(stub_lines(kernel));
    for (const std::string_view name : disk_work) {
        const std::size_t before = text.size();
        for (const auto& [symbol, address] : kernel)
            if (symbol.find(name) != std::string::npos)
                text += fmt::format("disk {:x}\n", address);
        if (text.size() == before)
            return command::host_error(fmt::format("bench: the kernel has no symbol with {} in its "
                                                   "name; tools/benchmark/specification.cpp says "
                                                   "where the disk's work is done",
                                                   name));
    }
    return text;
}

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
    text += TRY(stub_lines(kernel));
    if (const auto entry = kernel.find("kernel_main"); entry != kernel.end())
        text += fmt::format("boot {:x}\n", entry->second);
    // A kernel that does not record has no ring: nothing in it can name one.
    const auto ring = kernel.find(kernel_ring);
    return ring == kernel.end() ? text : text + fmt::format("watch {:x}\n", ring->second);
}

} // namespace benchmark
