// libos/core/print.hpp - formatted printing to the console binding, a line at a time.
//
// Text is collected until its newline and then written by one system call, so lines of several
// environments never mix. A line is cut at 200 bytes. Without a console printing does nothing.
// Lines `@key=value` are results for the host: it collects them instead of showing them.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "libos/core/format.hpp"

namespace libos {

/// Writes `text`; what follows the last newline waits for its own.
void print_text(std::string_view text);

/// Formats all arguments into one piece of text and writes it.
void print_formatted(std::string_view pattern, std::span<const FormatArgument> arguments);

template <class... Arguments> void print(std::string_view pattern, Arguments... arguments) {
    const FormatArgument list[] = {FormatArgument{arguments}..., FormatArgument{0}};
    print_formatted(pattern, std::span{list}.first(sizeof...(Arguments)));
}

/// Writes out an unfinished line, as the run ends.
void finish_line();

} // namespace libos
