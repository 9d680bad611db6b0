// tools/command/progress.hpp - what is under way, on stderr: in place on a terminal, each second;
// elsewhere, or with NO_COLOR, a line every ten seconds. Nothing within the first second.

#pragma once

#include <chrono>
#include <string>

namespace command {

class Progress {
public:
    Progress();
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// To be called several times a second with what is to be said.
    void moment(const std::string& text);
    /// Whole seconds since it was made.
    long long seconds() const;
    /// Takes what stands there off the terminal.
    void clear();

private:
    bool terminal_;
    bool shown_ = false;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    long long said_at_ = 0; // seconds
};

} // namespace command
