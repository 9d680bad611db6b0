// tools/profiler/region.hpp - a stretch of execution between two program counters, and its cost.
//
// A pass begins when `from` is about to execute and ends when `to` is about to execute: `from` is
// counted, `to` is not. Reaching `from` again before `to` begins the pass anew, so the repetition
// of a faulting instruction that is itself a `from` does no harm. With from == to the address
// opens and closes in turn: a faulting instruction and its repetition bound the whole fault.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "tools/profiler/counters.hpp"

namespace profiler {

class Region {
public:
    Region(std::string name, std::uint64_t from, std::uint64_t to)
        : name_{std::move(name)}, from_{from}, to_{to} {}

    /// The instruction at `pc` is about to execute for the first or a further time; `now` are the
    /// counters without it.
    void reach(std::uint64_t pc, const Counters& now) {
        if (pc == to_ && open_)
            close(now);
        else if (pc == from_)
            open(now);
    }

    const std::string& name() const { return name_; }
    std::uint64_t from() const { return from_; }
    std::uint64_t to() const { return to_; }
    bool is_open() const { return open_; }
    std::uint64_t passes() const { return passes_; }
    const Counters& best() const { return best_; } // of the pass with the fewest instructions
    const Counters& least() const { return least_; }
    const Counters& most() const { return most_; }
    const Counters& sum() const { return sum_; }

private:
    void open(const Counters& now) {
        begin_ = now;
        open_ = true;
    }

    void close(const Counters& now) {
        open_ = false;
        const Counters cost = without_faulting_attempts(now - begin_);
        if (passes_++ == 0)
            best_ = least_ = most_ = cost;
        if (cost.instructions() < best_.instructions())
            best_ = cost;
        for (std::size_t i = 0; i < counter_count; ++i) {
            least_.values[i] = std::min(least_.values[i], cost.values[i]);
            most_.values[i] = std::max(most_.values[i], cost.values[i]);
            sum_.values[i] += cost.values[i];
        }
    }

    std::string name_;
    std::uint64_t from_;
    std::uint64_t to_;
    bool open_ = false;
    Counters begin_;
    std::uint64_t passes_ = 0;
    Counters best_, least_, most_, sum_;
};

} // namespace profiler
