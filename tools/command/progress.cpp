// tools/command/progress.cpp - one line that is written over, or a line now and then.

#include "tools/command/progress.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "tools/command/wrap.hpp"

namespace command {

Progress::Progress() : terminal_{isatty(2) != 0 && std::getenv("NO_COLOR") == nullptr} {}

long long Progress::seconds() const {
    const auto since = std::chrono::steady_clock::now() - began_;
    return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

void Progress::moment(const std::string& text) {
    const long long now = seconds();
    if (now - said_at_ < (terminal_ ? 1 : 10))
        return;
    said_at_ = now;
    say(terminal_ ? fmt::format("\r\x1b[Kexo: {} ", text) : fmt::format("exo: {}\n", text));
    shown_ = terminal_;
}

void Progress::clear() {
    if (shown_)
        say("\r\x1b[K");
    shown_ = false;
}

} // namespace command
