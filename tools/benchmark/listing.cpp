// tools/benchmark/listing.cpp - a profiler's trace for people.

#include "tools/benchmark/listing.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <string_view>

#include "tools/command/disk_image.hpp"

// <cxxabi.h> calls this namespace `abi`, which is taken here.
namespace __cxxabiv1 {
// NOLINTNEXTLINE(readability-identifier-naming): the C++ run-time library's own name
extern "C" char* __cxa_demangle(const char* name, char* buffer, std::size_t* length, int* status);
} // namespace __cxxabiv1

namespace benchmark {
namespace {

constexpr std::size_t lines_shown = 400;
constexpr std::uint64_t kernel_half = 1ull << 63;

std::string demangled(const std::string& name) {
    int status = 0;
    char* text = __cxxabiv1::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
    const std::string result = text == nullptr ? name : text;
    std::free(text);
    return result;
}

} // namespace

std::string nearest_symbol(const Symbols& symbols, std::uint64_t address) {
    std::string_view name = "?";
    std::uint64_t best = 0;
    for (const auto& [symbol, value] : symbols)
        if (value <= address && value > best) {
            best = value;
            name = symbol;
        }
    return demangled(std::string{name});
}

command::Outcome<std::string> listing_of(const std::filesystem::path& file,
                                         const Symbols& application, const Symbols& kernel) {
    std::istringstream trace{TRY(command::read_whole(file))};
    std::string text;
    std::string function;
    std::size_t lines = 0;
    std::uint64_t pc = 0;
    for (std::string words; trace >> std::hex >> pc && std::getline(trace >> std::ws, words);) {
        if (++lines > lines_shown)
            continue;
        const std::string name = nearest_symbol(pc < kernel_half ? application : kernel, pc);
        if (name != function)
            text += fmt::format("{}:\n", name);
        function = name;
        text += fmt::format("{:4} {:16x}  {}\n", lines, pc, words);
    }
    if (lines > lines_shown)
        text += fmt::format("... and {} more\n", lines - lines_shown);
    return text + "\n";
}

} // namespace benchmark
