// tools/viewer/text.cpp - wrapping, colours, JSON.

#include "tools/viewer/text.hpp"

#include <fmt/format.h>

namespace viewer {

std::vector<std::string> wrap(const std::string& text, std::size_t width) {
    std::vector<std::string> lines(1);
    std::size_t begin = 0;
    while (begin < text.size()) {
        std::size_t end = text.find(' ', begin);
        if (end == std::string::npos)
            end = text.size();
        const std::string word = text.substr(begin, end - begin);
        if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width)
            lines.emplace_back();
        lines.back() += (lines.back().empty() ? "" : " ") + word;
        begin = end + 1;
    }
    return lines;
}

std::string styled(const std::string& text, Style style, bool colours) {
    constexpr const char* codes[] = {"", "1", "2", "33", "36", "32", "35"};
    if (!colours || style == Style::plain)
        return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(style)], text);
}

void Json::key(const char* name) {
    if (!first_)
        out_ += ",";
    first_ = false;
    if (name == nullptr)
        return;
    quote(name);
    out_ += ':';
}

Json& Json::begin_object(const char* name) {
    key(name);
    out_ += "{";
    closing_ += "}";
    first_ = true;
    return *this;
}

Json& Json::begin_array(const char* name) {
    key(name);
    out_ += "[";
    closing_ += "]";
    first_ = true;
    return *this;
}

Json& Json::end() {
    out_ += closing_.back();
    closing_.pop_back();
    first_ = false;
    return *this;
}

void Json::quote(const std::string& value) {
    out_ += '"';
    for (const char letter : value) {
        if (letter == '"' || letter == '\\')
            out_ += '\\';
        if (static_cast<unsigned char>(letter) < ' ')
            out_ += fmt::format("\\u{:04x}", static_cast<unsigned char>(letter));
        else
            out_ += letter;
    }
    out_ += '"';
}

Json& Json::text(const char* name, const std::string& value) {
    key(name);
    quote(value);
    return *this;
}

Json& Json::number(const char* name, std::uint64_t value) {
    key(name);
    out_ += fmt::to_string(value);
    return *this;
}

Json& Json::boolean(const char* name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
    return *this;
}

} // namespace viewer
