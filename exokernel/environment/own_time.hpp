// exokernel/environment/own_time.hpp - countdowns of an environment's own processor time.
//
// They stand still while others run or the processor idles: limits and deadlines of revocation are
// promises about the environment's own instructions, whatever the rest of the machine does.

#pragma once

#include <cstdint>

namespace exokernel {

struct Environment;

/// Whether a limit or a deadline may be so long.
constexpr bool is_length(std::uint64_t ticks) {
    return ticks >= 1000 && ticks <= std::uint64_t{1} << 40;
}

class OwnTimeClock {
public:
    /// Counts `ticks` from the next `start`; 0: counts nothing.
    void set(std::uint64_t ticks) {
        remaining_ = ticks;
        due_ = 0;
    }
    void clear() { set(0); }

    void start(std::uint64_t now) {
        if (remaining_ == 0)
            return;
        due_ = now + remaining_;
        remaining_ = 0;
    }
    void stop(std::uint64_t now) {
        if (due_ == 0)
            return;
        remaining_ = due_ > now ? due_ - now : 1;
        due_ = 0;
    }

    /// While its environment runs: the time stamp at which it is over; 0: it is not set.
    std::uint64_t due() const { return due_; }
    bool is_over(std::uint64_t now) const { return due_ != 0 && now >= due_; }

private:
    std::uint64_t remaining_; // while the environment does not run
    std::uint64_t due_;       // while it runs
};

/// Both clocks of an environment that gets the processor, or gives it up.
void start_own_time(Environment& environment);
void stop_own_time(Environment& environment);

/// Called on a timer interrupt in ring 3: acts if the limit of the running environment is due.
/// Returns whether its turn is over.
bool check_limit(Environment& environment);

} // namespace exokernel
