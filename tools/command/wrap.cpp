// tools/command/wrap.cpp - breaking lines at blanks.

#include "tools/command/wrap.hpp"

#include <cstdio>
#include <unistd.h>

namespace command {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
    std::string out;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::size_t end = text.find_first_of(" \n");
        const std::string_view word = text.substr(0, end);
        const bool starts_line = column == indent;
        if (!starts_line && column + 1 + word.size() > columns) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (!starts_line) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        if (end == std::string_view::npos)
            break;
        if (text[end] == '\n') {
            out += '\n';
            if (end + 1 < text.size())
                out += std::string(indent, ' ');
            column = indent;
        }
        text.remove_prefix(end + 1);
    }
    return out;
}

void say(const std::string& text) {
    std::fflush(stdout); // they may be one place
    std::fputs(text.c_str(), stderr);
}

void tell(std::string message) {
    if (!message.ends_with('\n'))
        message += '\n';
    if (!message.starts_with("exo"))
        message.insert(0, "exo: ");
    say(isatty(2) != 0 ? wrapped(message, 0) : message);
}

} // namespace command
