// tools/command/child.cpp - starting, watching and ending child processes.

#include "tools/command/child.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace command {

namespace fs = std::filesystem;

namespace {

constexpr int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

// Signals that exo waits for instead of being ended by them.
sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (const int signal : ending_signals)
        sigaddset(&set, signal);
    return set;
}

// One signal is enough to end exo: another one must not end it amid what it removes.
void clear_up_undisturbed() {
    for (const int signal : ending_signals)
        std::signal(signal, SIG_IGN);
}

class BlockSignals {
public:
    BlockSignals() {
        const sigset_t set = watched();
        sigprocmask(SIG_BLOCK, &set, &before_);
    }
    ~BlockSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
    BlockSignals(const BlockSignals&) = delete;
    BlockSignals& operator=(const BlockSignals&) = delete;
    const sigset_t& before() const { return before_; }

private:
    sigset_t before_{};
};

[[noreturn]] void become(const ChildPlan& plan, const sigset_t& mask, int report) {
    if (!plan.foreground)
        setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, &mask, nullptr);
    if (!plan.output.empty()) {
        const int file = open(plan.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
        dup2(input, 0);
        dup2(file, 1);
        dup2(file, 2);
    }
    std::vector<char*> arguments;
    arguments.reserve(plan.words.size() + 1);
    for (const std::string& word : plan.words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    if (plan.place.empty() || chdir(plan.place.c_str()) == 0)
        execvp(arguments[0], arguments.data());
    const int problem = errno;
    [[maybe_unused]] const auto told = write(report, &problem, sizeof(problem));
    _exit(127);
}

Outcome<int> start(const ChildPlan& plan, const sigset_t& mask) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return host_error(fmt::format("cannot make a pipe: {}", strerror(errno)));
    const int process = fork();
    if (process == 0)
        become(plan, mask, report[1]);
    close(report[1]);
    int problem = process < 0 ? errno : 0;
    if (process > 0 && read(report[0], &problem, sizeof(problem)) == sizeof(problem))
        waitpid(process, nullptr, 0);
    close(report[0]);
    if (problem == 0)
        return process;
    return std::unexpected(
        Failure{problem == ENOENT ? ExitCode::tool_missing : ExitCode::internal_fault,
                fmt::format("cannot start {}: {}; `exo doctor` shows what is missing",
                            plan.words[0], strerror(problem))});
}

ChildEnd end_of(int status) {
    if (WIFSIGNALED(status))
        return {Ended::signalled, WTERMSIG(status)};
    return {Ended::exited, WEXITSTATUS(status)};
}

ChildEnd put_down(int process, Ended why, bool gently = false) {
    if (gently) {
        kill(process, SIGTERM);
        for (int moment = 0; moment < 100; ++moment) {
            if (waitpid(process, nullptr, WNOHANG) == process)
                return {why, SIGTERM};
            const timespec while_it_ends{0, 30'000'000};
            nanosleep(&while_it_ends, nullptr);
        }
    }
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    return {why, SIGKILL};
}

} // namespace

Outcome<ChildEnd> run_child(const ChildPlan& plan, std::chrono::milliseconds deadline,
                            const std::function<void()>& each_moment) {
    const BlockSignals blocked;
    const int process = TRY(start(plan, blocked.before()));
    const sigset_t set = watched();
    const auto began = std::chrono::steady_clock::now();
    for (;;) {
        int status = 0;
        if (waitpid(process, &status, WNOHANG) == process) {
            each_moment();
            return end_of(status);
        }
        if (std::chrono::steady_clock::now() - began >= deadline)
            return put_down(process, Ended::timed_out, plan.gently);
        const timespec moment{0, 100'000'000};
        const int signal = sigtimedwait(&set, nullptr, &moment);
        if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
            if (plan.foreground && signal == SIGINT)
                continue; // a debugger's Ctrl-C is its own
            clear_up_undisturbed();
            return put_down(process, Ended::interrupted, plan.gently);
        }
        each_moment();
    }
}

namespace {

// Children that run at the same time; whoever is left when it goes away is put down.
class Crowd {
public:
    Crowd() = default;
    ~Crowd() {
        for (const auto& [process, index] : running_)
            kill(process, SIGTERM);
        for (int moment = 0; moment < 100 && !running_.empty(); ++moment) {
            const timespec while_they_end{0, 50'000'000};
            nanosleep(&while_they_end, nullptr);
            reap([](std::size_t, ChildEnd) {});
        }
        for (const auto& [process, index] : running_)
            put_down(process, Ended::interrupted);
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    std::size_t size() const { return running_.size(); }
    void add(int process, std::size_t index) { running_[process] = index; }
    void reap(const std::function<void(std::size_t, ChildEnd)>& ended) {
        std::erase_if(running_, [&](const auto& child) {
            int status = 0;
            if (waitpid(child.first, &status, WNOHANG) != child.first)
                return false;
            ended(child.second, end_of(status));
            return true;
        });
    }

private:
    std::map<int, std::size_t> running_; // process -> its plan
};

} // namespace

Outcome<bool> run_children(const std::vector<ChildPlan>& plans, std::size_t at_once,
                           const std::function<void(std::size_t, ChildEnd)>& ended,
                           const std::function<void()>& each_moment) {
    const BlockSignals blocked;
    const sigset_t set = watched();
    Crowd crowd;
    for (std::size_t next = 0; next != plans.size() || crowd.size() != 0;) {
        while (next != plans.size() && crowd.size() < at_once) {
            crowd.add(TRY(start(plans[next], blocked.before())), next);
            ++next;
        }
        const timespec moment{0, 100'000'000};
        const int signal = sigtimedwait(&set, nullptr, &moment);
        if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
            clear_up_undisturbed();
            return true;
        }
        crowd.reap(ended);
        each_moment();
    }
    return false;
}

Outcome<Companion> Companion::start(const ChildPlan& plan) {
    sigset_t mask;
    sigemptyset(&mask);
    return Companion(TRY(command::start(plan, mask)));
}

Companion::~Companion() {
    if (process_ > 0)
        put_down(process_, Ended::interrupted);
}

bool Companion::alive() const {
    return kill(process_, 0) == 0 && waitpid(process_, nullptr, WNOHANG) == 0;
}

Outcome<std::string> output_of(const std::vector<std::string>& words) {
    char name[] = "/tmp/exo-output-XXXXXX";
    const int file = mkstemp(name);
    if (file < 0)
        return host_error(fmt::format("cannot make a file in /tmp: {}", strerror(errno)));
    close(file);
    const auto ended = run_child({words, name}, std::chrono::seconds(20), [] {});
    std::string text;
    if (FILE* stream = fopen(name, "r")) {
        char buffer[4096];
        for (std::size_t n; (n = fread(buffer, 1, sizeof(buffer), stream)) != 0;)
            text.append(buffer, n);
        fclose(stream);
    }
    unlink(name);
    if (!ended)
        return std::unexpected(ended.error());
    if (ended->how != Ended::exited || ended->status != 0)
        return host_error(fmt::format("`{}` failed: {}", fmt::join(words, " "), text));
    return text;
}

fs::path program_in_path(const std::string& name) {
    const char* const path = std::getenv("PATH");
    std::istringstream places(path == nullptr ? "/usr/bin:/bin" : path);
    for (std::string place; std::getline(places, place, ':');)
        if (access((fs::path(place) / name).c_str(), X_OK) == 0)
            return fs::path(place) / name;
    return {};
}

} // namespace command
