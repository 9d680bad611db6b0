// tools/command/sim_watch.cpp - a timer of processor time. Its handler may interrupt anything, so
// it calls only what POSIX allows there, and allocates nothing.

#include "tools/command/sim_watch.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

#include "tools/command/exit_code.hpp"
#include "tools/simulator/watch.hpp"

namespace command {

namespace {

// Text that is put together without a heap.
class Text {
public:
    Text& operator<<(std::string_view text) {
        const std::size_t count = std::min(text.size(), letters_.size() - size_);
        std::memcpy(letters_.data() + size_, text.data(), count);
        size_ += count;
        return *this;
    }
    Text& operator<<(std::uint64_t number) {
        std::array<char, 20> digits{};
        std::size_t first = digits.size();
        do
            digits[--first] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        return *this << std::string_view(digits.data() + first, digits.size() - first);
    }
    void write() const {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, letters_.data(), size_);
    }
    std::string_view text() const { return {letters_.data(), size_}; }
    void clear() { size_ = 0; }

private:
    std::array<char, 512> letters_{};
    std::size_t size_ = 0;
};

// What the handler knows; set while the timer stands still, or between two of its looks.
struct State {
    Text name; // "clock, 256 frames"
    std::uint64_t references = 0;
    std::uint64_t question = simulator::Watch::nothing; // at the last look
    unsigned looks = 0;                                 // that found it unanswered
    unsigned patience = 0;
    std::uint64_t milliseconds = 0; // of patience
    bool shows = false, shown = false;
};
State state;

[[noreturn]] void give_up() {
    Text text;
    text << (state.shown ? "\r\x1b[K" : "") << "exo: " << state.name.text()
         << ": the policy has not answered ";
    if (state.question == simulator::Watch::init)
        text << "in init";
    else
        text << "at fault " << state.question - simulator::Watch::init;
    const bool whole = state.milliseconds % 1000 == 0;
    text << " within " << state.milliseconds / (whole ? 1000 : 1) << (whole ? " s" : " ms")
         << " of processor time; each of its functions must end after a bounded number of steps\n";
    text.write();
    _exit(static_cast<int>(ExitCode::application_error));
}

void show() {
    const std::uint64_t position = simulator::watch.position.load(std::memory_order_relaxed);
    Text text;
    text << "\r\x1b[Kexo: " << state.name.text();
    if (position != 0)
        text << ": " << position * 100 / state.references << " % of " << state.references
             << " references";
    text << " ";
    text.write();
    state.shown = true;
}

void look(int) {
    const std::uint64_t asked = simulator::watch.asked.load(std::memory_order_relaxed);
    state.looks = asked == state.question ? state.looks + 1 : 0;
    state.question = asked;
    if (asked != simulator::Watch::nothing && state.looks >= state.patience)
        give_up();
    if (state.shows)
        show();
}

void set_timer(std::chrono::milliseconds tick) {
    const timeval time{tick.count() / 1000, tick.count() % 1000 * 1000};
    const itimerval timer{time, time};
    setitimer(ITIMER_VIRTUAL, &timer, nullptr);
}

} // namespace

SimulationWatch::SimulationWatch(std::chrono::milliseconds tick, unsigned patience) {
    state = {};
    state.name << "reads";
    state.patience = patience;
    state.milliseconds = static_cast<std::uint64_t>(tick.count()) * patience;
    state.shows = isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
    struct sigaction action{};
    action.sa_handler = look;
    action.sa_flags = SA_RESTART;
    sigaction(SIGVTALRM, &action, nullptr);
    set_timer(tick);
}

SimulationWatch::~SimulationWatch() {
    set_timer({});
    if (state.shown)
        (Text{} << "\r\x1b[K").write();
}

void SimulationWatch::begin(std::string_view policy, std::uint64_t frames,
                            std::uint64_t references) {
    sigset_t timer;
    sigset_t before;
    sigemptyset(&timer);
    sigaddset(&timer, SIGVTALRM);
    sigprocmask(SIG_BLOCK, &timer, &before);
    state.name.clear();
    state.name << policy << ", " << frames << " frames";
    state.references = references;
    state.question = simulator::Watch::nothing;
    simulator::watch.answered();
    simulator::watch.at(0);
    sigprocmask(SIG_SETMASK, &before, nullptr);
}

} // namespace command
