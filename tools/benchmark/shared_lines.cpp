// tools/benchmark/shared_lines.cpp - regions for the plugin, its counts for people and programs.

#include "tools/benchmark/shared_lines.hpp"

#include <charconv>
#include <fmt/format.h>
#include <sstream>
#include <string_view>

#include "bindings/abi/layout.hpp"
#include "tools/benchmark/listing.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/command/project.hpp"

namespace benchmark {
namespace {

using command::Outcome;

constexpr std::string_view prefix = "count_", begin_suffix = "_begin";
constexpr std::uint64_t kernel_half = 1ull << 63, kernel_image = 0xffff'ffff'8000'0000;

bool read_line(std::istringstream fields, std::vector<LineRegion>& regions) {
    std::string kind, name;
    if (!std::getline(fields, kind, ',') || !std::getline(fields, name, ','))
        return false;
    if (regions.empty() || regions.back().name != name)
        regions.push_back({name, {}, {}});
    std::vector<std::uint64_t> numbers;
    for (std::string field; std::getline(fields, field, ',');) {
        const char* const end = field.data() + field.size();
        const int base = kind == "line" ? 16 : 10;
        const auto read = std::from_chars(field.data(), end, numbers.emplace_back(), base);
        if (read.ec != std::errc{} || read.ptr != end)
            return false;
    }
    if (kind == "traffic" && numbers.size() == 6)
        regions.back().traffic += {.reads = numbers[1],
                                   .writes = numbers[2],
                                   .remote_reads = numbers[3],
                                   .remote_writes = numbers[4],
                                   .invalidations = numbers[5]};
    else if (kind == "line" && numbers.size() == 5)
        regions.back().shared.push_back({.physical = numbers[0],
                                         .writers = static_cast<std::uint32_t>(numbers[1]),
                                         .readers = static_cast<std::uint32_t>(numbers[2]),
                                         .address = numbers[3],
                                         .pc = numbers[4]});
    else
        return false;
    return true;
}

std::string processors_in(std::uint32_t mask) {
    std::string text;
    for (unsigned i = 0; mask >> i != 0; ++i)
        if ((mask >> i & 1) != 0)
            text += fmt::format("{}{}", text.empty() ? "" : ",", i);
    return text.empty() ? "-" : text;
}

// What lies at a virtual address, as far as symbols know.
std::string place_of(std::uint64_t address, const Symbols& program, const Symbols& kernel) {
    if (address >= kernel_image)
        return nearest_symbol(kernel, address);
    if (address >= kernel_half)
        return "direct map";
    if (address >= abi::layout::image && address < abi::layout::image_end)
        return nearest_symbol(program, address);
    return "the libOS's";
}

} // namespace

Outcome<std::string> line_regions_of(const std::filesystem::path& program) {
    const Symbols symbols = TRY(symbols_of(program));
    std::map<std::uint64_t, std::string> regions; // in the order of the program
    for (const auto& [symbol, from] : symbols) {
        const std::string_view name{symbol};
        if (!name.starts_with(prefix) || !name.ends_with(begin_suffix))
            continue;
        const std::string_view region =
            name.substr(prefix.size(), name.size() - prefix.size() - begin_suffix.size());
        if (const auto to = symbols.find(fmt::format("{}{}_end", prefix, region));
            to != symbols.end())
            regions[from] = fmt::format("region {} {:x} {:x}\n", region, from, to->second);
    }
    if (regions.empty())
        return command::usage_error(
            fmt::format("--count-lines: {} has no labels count_NAME_begin and count_NAME_end, so "
                        "nothing in it is counted; leave it out",
                        command::shown(program)));
    std::string text;
    for (const auto& [from, line] : regions)
        text += line;
    return text;
}

Outcome<std::vector<LineRegion>> read_shared_lines(const std::filesystem::path& file) {
    std::istringstream text{TRY(command::read_whole(file))};
    std::vector<LineRegion> regions;
    for (std::string line; std::getline(text, line);) {
        if (line == "end")
            return regions;
        if (!read_line(std::istringstream{line}, regions))
            return command::host_error(
                fmt::format("{}: cannot read `{}`; is the plugin of another build?",
                            command::shown(file), line));
    }
    return command::host_error(
        fmt::format("{}: is not whole: QEMU was stopped before the plugin could write it",
                    command::shown(file)));
}

std::string table_of(const std::vector<LineRegion>& regions) {
    std::string text =
        fmt::format("{:<18}{:>12}{:>14}{:>15}{:>15}\n", "lines that pass", "remote reads",
                    "remote writes", "invalidations", "shared lines");
    for (const LineRegion& region : regions)
        text += fmt::format("{:<18}{:>12}{:>14}{:>15}{:>15}\n", region.name,
                            region.traffic.remote_reads, region.traffic.remote_writes,
                            region.traffic.invalidations, region.shared.size());
    return text;
}

Outcome<std::string> named_lines(const std::vector<LineRegion>& regions,
                                 const std::filesystem::path& program,
                                 const std::filesystem::path& kernel) {
    const Symbols in_program = TRY(symbols_of(program));
    const Symbols in_kernel = TRY(symbols_of(kernel));
    std::string text = table_of(regions);
    for (const LineRegion& region : regions)
        for (const SharedLine& line : region.shared)
            text +=
                fmt::format("{}: line {:x}, written by {}, read by {}; last written at {:x} ({}) "
                            "by {}\n",
                            region.name, line.physical, processors_in(line.writers),
                            processors_in(line.readers), line.address,
                            place_of(line.address, in_program, in_kernel),
                            place_of(line.pc, in_program, in_kernel));
    return text;
}

std::map<std::string, std::string> figures_of(const std::vector<LineRegion>& regions) {
    std::map<std::string, std::string> figures;
    for (const LineRegion& region : regions)
        for (const auto& [name, value] : {std::pair{"remote_reads", region.traffic.remote_reads},
                                          std::pair{"remote_writes", region.traffic.remote_writes},
                                          std::pair{"invalidations", region.traffic.invalidations},
                                          std::pair{"shared", std::uint64_t{region.shared.size()}}})
            figures[fmt::format("lines_{}_{}", region.name, name)] = fmt::to_string(value);
    return figures;
}

} // namespace benchmark
