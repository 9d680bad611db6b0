// tools/command/console.cpp - sorting console lines into shown text and results.

#include "tools/command/console.hpp"

#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>

namespace command {

namespace {

constexpr std::string_view kernel_prefix = "exokernel: ";

// Takes `[N] ` off the front of a line: the N, or 0 if there is none.
unsigned take_environment(std::string_view& line) {
    const std::size_t end = line.find("] ");
    unsigned number = 0;
    if (!line.starts_with('[') || end == std::string_view::npos ||
        std::from_chars(line.data() + 1, line.data() + end, number).ptr != line.data() + end)
        return 0;
    line.remove_prefix(end + 2);
    return number;
}

} // namespace

void Console::add(std::string_view line) {
    while (line.ends_with('\r'))
        line.remove_suffix(1);
    if (line.starts_with(kernel_prefix)) {
        kernel_lines.emplace_back(line.substr(kernel_prefix.size()));
        return;
    }
    std::string_view text = line;
    const unsigned environment = take_environment(text);
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
        add_figure(std::string(key), value, environment);
}

void Console::add_figure(const std::string& key, const std::string& value, unsigned environment) {
    const auto owner = owners_.try_emplace(key, environment).first;
    if (environment > owner->second) {
        figures[fmt::format("{}.{}", environment, key)] = value;
        return;
    }
    if (environment < owner->second)
        figures[fmt::format("{}.{}", owner->second, key)] = figures[key];
    owner->second = environment;
    figures[key] = value;
    if (key == "crash" && environment != 0)
        figures["crash_environment"] = fmt::to_string(environment);
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
