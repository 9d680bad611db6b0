// tools/command/console.cpp - sorting console lines into shown text and results.

#include "tools/command/console.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <fstream>

namespace command {

namespace {

constexpr std::string_view kernel_prefix = "exokernel: ";

std::string_view without_environment(std::string_view line) {
    const std::size_t end = line.find("] ");
    if (!line.starts_with('[') || end == std::string_view::npos ||
        line.substr(1, end - 1).find_first_not_of("0123456789") != std::string_view::npos)
        return line;
    return line.substr(end + 2);
}

} // namespace

void Console::add(std::string_view line) {
    while (line.ends_with('\r'))
        line.remove_suffix(1);
    if (line.starts_with(kernel_prefix)) {
        kernel_lines.emplace_back(line.substr(kernel_prefix.size()));
        return;
    }
    const std::string_view text = without_environment(line);
    const std::size_t equals = text.find('=');
    if (!text.starts_with('@') || equals == std::string_view::npos) {
        lines.emplace_back(line);
        return;
    }
    const std::string_view key = text.substr(1, equals - 1);
    const std::string value(text.substr(equals + 1));
    if (key.starts_with("output."))
        output[std::string(key.substr(7))] = value;
    else
        figures[std::string(key)] = value;
    if (key == "crash" && text.size() != line.size()) // whose crash it is: the N of `[N] `
        figures["crash_environment"] = line.substr(1, line.find(']') - 1);
}

void ConsoleFollower::add(std::string_view line) {
    const std::size_t before = console_.lines.size();
    console_.add(line);
    if (show_ && console_.lines.size() != before) {
        fmt::print("{}\n", console_.lines.back());
        std::fflush(stdout);
    }
}

void ConsoleFollower::take() {
    std::ifstream stream(file_, std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(taken_));
    for (char buffer[4096]; stream.read(buffer, sizeof(buffer)), stream.gcount() > 0;) {
        taken_ += static_cast<std::size_t>(stream.gcount());
        part_.append(buffer, static_cast<std::size_t>(stream.gcount()));
    }
    std::size_t begin = 0;
    for (std::size_t end; (end = part_.find('\n', begin)) != std::string::npos; begin = end + 1)
        add(std::string_view(part_).substr(begin, end - begin));
    part_.erase(0, begin);
}

void ConsoleFollower::finish() {
    take();
    if (!part_.empty())
        add(part_);
    part_.clear();
}

} // namespace command
