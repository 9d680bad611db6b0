// exokernel/console/console.hpp - the serial console: lines, never mixed.

#pragma once

#include "exokernel/support/text.hpp"

namespace exokernel {

struct Environment;

/// The kernel's own line: "exokernel: " and the text.
void print_line(const Text& text);

/// What an environment has written of a line that it did not end.
void flush_console_line(Environment& environment);

} // namespace exokernel
