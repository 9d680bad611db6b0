// tools/command/child.hpp - a child process that is owned: it is reaped whatever happens.
//
// Guarantees: the child dies with exo (also when exo is killed); a deadline or an interrupt of the
// user ends it; nothing it wrote to its error output is lost. It has a process group of its own,
// so that Ctrl-C reaches exo first.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tools/command/exit_code.hpp"

namespace command {

enum class Ended : std::uint8_t { exited, signalled, timed_out, interrupted };

struct ChildEnd {
    Ended how = Ended::exited;
    int status = 0; // exit status, or the signal's number
};

struct ChildPlan {
    std::vector<std::string> words;
    std::filesystem::path output;     // where its output and errors go; empty: as exo's own
    bool foreground = false;          // it talks with the user: it keeps exo's process group
    std::filesystem::path place = {}; // where it starts; empty: where exo did
    bool gently = false; // it has something to finish: SIGTERM, and three seconds, before SIGKILL
};

/// Runs it to its end; `each_moment` is called about ten times a second meanwhile.
Outcome<ChildEnd> run_child(const ChildPlan& plan, std::chrono::milliseconds deadline,
                            const std::function<void()>& each_moment);

/// Runs all of `plans`, in their order and at most `at_once` at a time; `ended` is told of each
/// that came to an end by itself, `each_moment` is called about ten times a second. An interrupt of
/// the user ends those that run (they get SIGTERM, and five seconds), and starts no other. Returns
/// whether that happened.
Outcome<bool> run_children(const std::vector<ChildPlan>& plans, std::size_t at_once,
                           const std::function<void(std::size_t index, ChildEnd end)>& ended,
                           const std::function<void()>& each_moment);

/// A child that runs beside exo until it goes out of scope.
class Companion {
public:
    static Outcome<Companion> start(const ChildPlan& plan);
    Companion(Companion&& other) noexcept : process_{std::exchange(other.process_, 0)} {}
    Companion& operator=(Companion&&) = delete;
    ~Companion();
    bool alive() const;

private:
    explicit Companion(int process) : process_{process} {}
    int process_;
};

/// What a program prints (with its errors), or a Failure if it cannot be run; for versions.
Outcome<std::string> output_of(const std::vector<std::string>& words);

/// The program `name` in PATH, or empty.
std::filesystem::path program_in_path(const std::string& name);

} // namespace command
