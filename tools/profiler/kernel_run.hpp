// tools/profiler/kernel_run.hpp - the longest stretch of kernel instructions with interrupts off.
//
// The kernel runs with interrupts off, except between `sti` and the interrupt that `hlt` waits for.
// So a stretch ends with `sysret`, `iret`, `sti` or `hlt`, and the next one begins with the next
// kernel instruction. Boot, before the first return to ring 3, is not a stretch: it has a budget of
// its own.

#pragma once

#include <array>
#include <cstdint>

namespace profiler {

struct KernelRun {
    std::uint64_t length = 0; // instructions
    std::uint64_t begin = 0;  // program counter of its first block
    std::uint64_t inside = 0; // of a block reached between a quarter and a half of it
    std::uint64_t end = 0;    // of its last instruction
};

class KernelRuns {
public:
    /// A kernel block begins at `pc`; `executed` are the kernel instructions before it.
    void block(std::uint64_t pc, std::uint64_t executed) {
        const std::uint64_t length = executed - begin_;
        if (milestones_ == 0)
            at_[milestones_++] = pc;
        while (milestones_ < at_.size() && length >= std::uint64_t{1} << milestones_)
            at_[milestones_++] = pc;
    }

    /// The instruction at `pc` ends a stretch; `executed` are the kernel instructions before it.
    void end(std::uint64_t pc, std::uint64_t executed) {
        const std::uint64_t length = executed + 1 - begin_;
        if (started_ && length > longest_.length) {
            const std::size_t middle = milestones_ < 2 ? 0 : milestones_ - 2;
            longest_ = {.length = length, .begin = at_[0], .inside = at_[middle], .end = pc};
        }
        started_ = true;
        begin_ = executed + 1;
        milestones_ = 0;
    }

    const KernelRun& longest() const { return longest_; }

private:
    bool started_ = false; // ring 3 has been reached once
    std::uint64_t begin_ = 0;
    std::array<std::uint64_t, 40> at_{}; // [0] first block; [n] first block at length >= 2^n
    std::size_t milestones_ = 0;
    KernelRun longest_;
};

} // namespace profiler
