// tools/command/console.cpp - sorting console lines into shown text and results.

#include "tools/command/console.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <utility>

#include "tools/command/json.hpp"

namespace command {

namespace {

constexpr std::string_view kernel_prefix = "exokernel: ";

// The N of `[N] ` that the kernel has put in front, and what follows it.
std::pair<std::uint32_t, std::string_view> without_prefix(std::string_view line) {
    std::uint32_t environment = 0;
    if (!line.starts_with('['))
        return {first_environment, line};
    const char* const last = line.data() + line.size();
    const auto [end, error] = std::from_chars(line.data() + 1, last, environment);
    const std::string_view rest(end, last);
    return error == std::errc{} && rest.starts_with("] ") ? std::pair{environment, rest.substr(2)}
                                                          : std::pair{first_environment, line};
}

// The exokernel lets bytes above ASCII through, which are text only together: a terminal takes
// U+0080 to U+009F for controls.
std::string without_controls(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const auto first = static_cast<unsigned char>(text[0]);
        const bool control = length == 0 || first == 0x7f || (first < 0x20 && first != '\t') ||
                             (first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
        shown += control ? "?" : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return shown;
}

} // namespace

void Console::add(std::string_view written) {
    const bool kernel_began = written.ends_with('\r');
    if (kernel_began)
        written.remove_suffix(1);
    const std::string shown = without_controls(written);
    const std::string_view line = shown;
    if (kernel_began && line.starts_with(kernel_prefix)) {
        kernel_lines.emplace_back(line.substr(kernel_prefix.size()));
        return;
    }
    const auto [environment, text] =
        kernel_began ? without_prefix(line) : std::pair{first_environment, line};
    const std::size_t equals = text.find('=');
    if (!text.starts_with('@') || equals == std::string_view::npos) {
        lines.emplace_back(line);
        return;
    }
    const std::string key(text.substr(1, equals - 1)), value(text.substr(equals + 1));
    if (key.starts_with("output."))
        output[key.substr(7)] = value;
    else if (key.starts_with("crash"))
        crash_of(environment).said[key] = value;
    else
        add_figure(key, value, environment);
}

void Console::add_figure(const std::string& key, const std::string& value,
                         std::uint32_t environment) {
    const auto owner = owners_.try_emplace(key, environment).first;
    if (environment > owner->second) {
        figures[fmt::format("{}.{}", environment, key)] = value;
        return;
    }
    if (environment < owner->second)
        figures[fmt::format("{}.{}", owner->second, key)] = figures[key];
    owner->second = environment;
    figures[key] = value;
}

Crash& Console::crash_of(std::uint32_t environment) {
    const auto found = std::ranges::find(crashes, environment, &Crash::environment);
    return found != crashes.end() ? *found : crashes.emplace_back(environment);
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
