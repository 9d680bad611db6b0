// tools/profiler/disk_share.hpp - how much of what is executed is the disk's, and waiting for it.
//
// A kernel run, from the entry into the kernel to the return to ring 3, is the disk's when it
// passes one of the addresses that the specification calls `disk`: the calls that submit requests
// and wait for them, the disk's interrupt. A user run between two such kernel runs is waiting: the
// libOS puts the thread aside and has nothing else to do. All else in ring 3 is not the disk's.

#pragma once

#include <cstdint>

#include "tools/profiler/counters.hpp"

namespace profiler {

class DiskShare {
public:
    /// A kernel block begins, or a reading is due. `now` are the counters before it; the run that
    /// ended with the last instruction of ring 3 is settled in them.
    void settle(Counters& now) {
        if (now[Counter::user] == user_at_entry_)
            return; // the same run
        if (passed_)
            now[Counter::disk_kernel] += now[Counter::kernel] - kernel_at_entry_;
        if (passed_ && passed_before_)
            now[Counter::disk_user] += user_at_entry_ - user_at_entry_before_;
        passed_before_ = passed_;
        user_at_entry_before_ = user_at_entry_;
        user_at_entry_ = now[Counter::user];
        kernel_at_entry_ = now[Counter::kernel];
        passed_ = false;
    }

    /// The run under way is the disk's.
    void pass() { passed_ = true; }

private:
    std::uint64_t user_at_entry_ = 0, user_at_entry_before_ = 0; // what had been executed there
    std::uint64_t kernel_at_entry_ = 0;
    bool passed_ = false, passed_before_ = false; // this run, the one before
};

} // namespace profiler
