// tools/benchmark/budgets.hpp - every measured path, its budget, and what peers cost: one table.
//
// All numbers are guest instructions, the minimum of at least 1,000 passes. The peers were measured
// under the same QEMU 7.2 (TCG, -icount shift=0): seL4 with its fastpath (for the whole fault the
// handler is in another address space), Linux 6.1 tuned by boot options, JOS a solved lab tree.
// 0 in a peer's column: not measured, or the peer has no such path.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace benchmark {

enum class Source {
    region, // between the application's labels of that name
    region_when_recording,
    boot,           // kernel entry to the first libOS instruction
    interrupts_off, // longest kernel run, recording off
    interrupts_off_when_recording,
    record,        // what recording adds, per record written
    recording_off, // instructions on budgeted paths that ask whether recording is on
};

struct Path {
    const char* name;  // as in `exo bench NAME`
    const char* title; // in the table
    Source source = Source::region;
    std::uint64_t divisor = 1;    // operations in one pass
    bool ticks_agree = false;     // the guest's clock must show the same total ...
    std::uint64_t ticks_more = 0; // ... and this: attempts that -icount does count (see #UD)
    std::optional<std::uint64_t> kernel = {}, user = {}, total = {}; // budgets
    std::uint64_t sel4 = 0, linux_tuned = 0, jos = 0;                // peers, total

    bool has_budget() const { return kernel || user || total; }
    bool is_region() const {
        return source == Source::region || source == Source::region_when_recording;
    }
};

inline constexpr Path paths[] = {
    {.name = "null_call",
     .title = "null system call",
     .ticks_agree = true,
     .kernel = 20,
     .sel4 = 203,
     .linux_tuned = 309,
     .jos = 506},
    {.name = "fault_upcall", .title = "fault to handler", .kernel = 30, .sel4 = 482, .jos = 644},
    {.name = "resume", .title = "resume", .kernel = 0, .user = 16, .sel4 = 615},
    {.name = "install",
     .title = "install",
     .ticks_agree = true,
     .kernel = 50,
     .sel4 = 675,
     .linux_tuned = 2201,
     .jos = 840},
    {.name = "remove",
     .title = "remove",
     .ticks_agree = true,
     .kernel = 50,
     .sel4 = 557,
     .jos = 659},
    {.name = "whole_fault",
     .title = "whole fault",
     .ticks_agree = true,
     .total = 110,
     .sel4 = 1772,
     .linux_tuned = 3640},
    {.name = "invalid_opcode",
     .title = "exception (#UD)",
     .ticks_agree = true,
     .ticks_more = 1, // QEMU knows when it translates that ud2 faults, and counts the attempt
     .total = 45,
     .sel4 = 1108,
     .linux_tuned = 3255},
    {.name = "divide",
     .title = "exception (#DE)",
     .ticks_agree = true,
     .total = 45,
     .sel4 = 1108,
     .linux_tuned = 3255},
    {.name = "prot100",
     .title = "protect 100 pages",
     .ticks_agree = true,
     .total = 1500,
     .sel4 = 67900,
     .linux_tuned = 19002},
    {.name = "unprot100", .title = "unprotect 100 pages", .ticks_agree = true},
    {.name = "appel1",
     .title = "appel1, a page",
     .divisor = 100,
     .ticks_agree = true,
     .total = 300,
     .linux_tuned = 16803},
    {.name = "appel2",
     .title = "appel2, a page",
     .divisor = 100,
     .ticks_agree = true,
     .total = 160,
     .linux_tuned = 12218},
    {.name = "read_depth32",
     .title = "4 KiB read, 32 deep",
     .divisor = 32,
     .total = 600,
     .linux_tuned = 4848},
    {.name = "batch_install", .title = "batch install, a page", .divisor = 64, .ticks_agree = true},
    {.name = "batch_remove", .title = "batch remove, a page", .divisor = 64, .ticks_agree = true},
    {.name = "bind_frames", .title = "bind 32 zeroed frames", .ticks_agree = true},
    {.name = "drop_frames",
     .title = "give back one frame",
     .divisor = 64,
     .ticks_agree = true,
     .kernel = 60},
    {.name = "yield", .title = "yield, alone", .ticks_agree = true},
    {.name = "switch", .title = "switch environment", .divisor = 2, .ticks_agree = true},
    {.name = "boot",
     .title = "boot to libOS",
     .source = Source::boot,
     .total = 2000000,
     .linux_tuned = 1600000000},
    {.name = "interrupts_off",
     .title = "interrupts off, most",
     .source = Source::interrupts_off,
     .total = 20000},
    {.name = "interrupts_off_recording",
     .title = "  while recording",
     .source = Source::interrupts_off_when_recording,
     .total = 20000},
    {.name = "record", .title = "one record", .source = Source::record, .total = 40},
    {.name = "emit",
     .title = "one record of a libOS",
     .source = Source::region_when_recording,
     .ticks_agree = true,
     .kernel = 0,
     .user = 40},
    {.name = "recording_off",
     .title = "recording, when off",
     .source = Source::recording_off,
     .total = 0},
};

} // namespace benchmark
