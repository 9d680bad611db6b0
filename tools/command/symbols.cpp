// tools/command/symbols.cpp - reading what the symbolizer says of an address.

#include "tools/command/symbols.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fmt/format.h>
#include <sstream>
#include <vector>

#include "tools/command/child.hpp"

namespace command {

namespace {

// A function that has the address: inlined into the next one, or else the last.
struct Frame {
    std::string function, file, begins_in; // the file of the line, and that of the function
    std::uint64_t line = 0, begins_at = 0;
};

std::vector<Frame> frames_in(const std::string& text) {
    std::vector<Frame> frames;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        const std::size_t colon = line.find(": ");
        if (!line.starts_with("  ")) {
            if (!line.empty())
                frames.push_back({line, {}, {}});
            continue;
        }
        if (frames.empty() || colon == std::string::npos)
            continue;
        const std::string name = line.substr(2, colon - 2), value = line.substr(colon + 2);
        Frame& frame = frames.back();
        if (name == "Filename")
            frame.file = value;
        else if (name == "Function start filename")
            frame.begins_in = value;
        else if (name == "Line")
            frame.line = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "Function start line")
            frame.begins_at = std::strtoull(value.c_str(), nullptr, 10);
    }
    return frames;
}

// The compiler mixes a function's instructions with those of what is inlined into it: the line may
// be of an outer function. The innermost one that it lies in gives the name.
std::string function_of_line(const std::vector<Frame>& frames) {
    const Frame& place = frames.front();
    const auto found = std::ranges::find_if(frames, [&](const Frame& frame) {
        return frame.begins_in == place.file && frame.begins_at <= place.line;
    });
    return found == frames.end() ? place.function : found->function;
}

} // namespace

std::string symbol_of(const std::filesystem::path& program, std::uint64_t address) {
    const auto symbolizer = program_in_path("llvm-symbolizer-19");
    if (address == 0 || symbolizer.empty() || program.empty())
        return "";
    const auto text =
        output_of({symbolizer.string(), "--output-style=GNU", "--verbose", "--functions=short",
                   "--relativenames", "--obj=" + program.string(), fmt::format("{:#x}", address)});
    const std::vector<Frame> frames = text ? frames_in(*text) : std::vector<Frame>{};
    if (frames.empty() || frames.front().function.starts_with("??"))
        return "";
    const Frame& frame = frames.front();
    if (frame.file.empty() || frame.file.starts_with("??"))
        return frame.function;
    // A compiler cache makes names relative to the folder of the build.
    std::filesystem::path place;
    for (const auto& part : std::filesystem::path(frame.file).lexically_normal())
        if (part != "..")
            place /= part;
    return fmt::format("{} at {}:{}", function_of_line(frames), place.string(), frame.line);
}

} // namespace command
