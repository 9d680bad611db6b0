// libos/core/print.cpp - collects lines and writes them through the request area.

#include "libos/core/print.hpp"

#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"

namespace libos {

namespace {

constexpr std::size_t line_limit = 200;
char line[line_limit];
std::size_t line_length = 0;

void write_line() {
    line[line_length++] = '\n';
    char* const area = request_area::at<char>(request_area::text);
    for (std::size_t i = 0; i < line_length; ++i)
        area[i] = line[i];
    // A console that refuses has nobody to be told; the run goes on.
    system_call::disregard(
        system_call::write_console(start_information().console, request_area::text, line_length));
    line_length = 0;
}

} // namespace

void print_text(std::string_view text) {
    if (!start_information().console)
        return;
    const UpcallsDisabled guard; // the line and the request area are all threads'
    for (const char character : text) {
        if (character == '\n')
            write_line();
        else if (line_length + 1 < line_limit)
            line[line_length++] = character;
    }
}

void print_formatted(std::string_view pattern, std::span<const FormatArgument> arguments) {
    char room[512];
    Line out{room};
    out.format(pattern, arguments);
    print_text(out.text());
}

void finish_line() {
    if (line_length != 0)
        write_line();
}

} // namespace libos
