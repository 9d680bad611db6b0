// tools/profiler/counters.hpp - what the profiler counts, as one array.
//
// `kernel` and `user` are instructions, split by bit 63 of the program counter. The rest are
// privileged transitions, which TCG charges nothing for and real hardware charges most for.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace profiler {

enum class Counter : std::size_t {
    kernel,      // instructions with bit 63 of the program counter set
    user,        // the others
    syscall,     // executed
    sysret,      // executed
    iret,        // executed
    exception,   // entries into stubs that the specification calls `fault`
    interrupt,   // entries into stubs that it calls `interrupt`
    cr3,         // writes
    invlpg,      // executed
    hlt,         // executed
    port,        // instructions that read or write I/O ports
    watched,     // instructions that name an address that the specification watches
    application, // instructions in the range that it calls the application's
    disk_kernel, // the disk's share of `kernel` and of `user` (disk_share.hpp)
    disk_user,
};
inline constexpr std::size_t counter_count = 15;
inline constexpr const char* counter_names[counter_count] = {
    "kernel", "user", "syscall", "sysret",  "iret",        "exception",   "interrupt", "cr3",
    "invlpg", "hlt",  "port",    "watched", "application", "disk_kernel", "disk_user"};

struct Counters {
    std::array<std::uint64_t, counter_count> values{};

    std::uint64_t& operator[](Counter counter) { return values[static_cast<std::size_t>(counter)]; }
    std::uint64_t operator[](Counter counter) const {
        return values[static_cast<std::size_t>(counter)];
    }
    std::uint64_t instructions() const { return (*this)[Counter::kernel] + (*this)[Counter::user]; }

    friend Counters operator-(Counters left, const Counters& right) {
        for (std::size_t i = 0; i < counter_count; ++i)
            left.values[i] -= right.values[i];
        return left;
    }
    friend Counters operator+(Counters left, const Counters& right) {
        for (std::size_t i = 0; i < counter_count; ++i)
            left.values[i] += right.values[i];
        return left;
    }
    friend bool operator==(const Counters&, const Counters&) = default;
};

/// The plugin's counters are bumped before an instruction is attempted, so an instruction that
/// faults is counted for each attempt. Under -icount the attempt that faults is not counted: one
/// user instruction fewer for each entry of fault class. (The kernel takes no faults.)
inline Counters without_faulting_attempts(Counters counters) {
    counters[Counter::user] -= counters[Counter::exception];
    return counters;
}

} // namespace profiler
