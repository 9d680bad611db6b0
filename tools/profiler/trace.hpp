// tools/profiler/trace.hpp - the instructions of one region's best pass, in order.
//
// An attempt that faults is listed where it was made and again where it is repeated; the counters
// leave the first out. A pass longer than `limit` is cut there: its beginning is what helps.

#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/profiler/region.hpp"

namespace profiler {

struct Instruction {
    std::uint64_t pc;
    std::string text;
};

class Trace {
public:
    static constexpr std::size_t limit = 100'000;

    void follow(const Region* region) { region_ = region; }
    bool on() const { return region_ != nullptr; }

    /// What the instruction at `pc` is called; the result stays valid.
    const Instruction* remember(std::uint64_t pc, std::string text) {
        return &known_.try_emplace(pc, Instruction{pc, std::move(text)}).first->second;
    }

    /// Before and after the followed region has seen one of its addresses.
    void before_reach() { passes_before_ = region_->passes(); }
    void after_reach() {
        if (region_->passes() != passes_before_ && (best_.empty() || pass_.size() < best_.size()))
            best_ = pass_;
        pass_.clear();
    }

    /// `instruction` is about to execute.
    void step(const Instruction* instruction) {
        if (region_->is_open() && pass_.size() < limit)
            pass_.push_back(instruction);
    }

    const std::vector<const Instruction*>& best() const { return best_; }

private:
    const Region* region_ = nullptr;
    std::unordered_map<std::uint64_t, Instruction> known_;
    std::vector<const Instruction*> pass_, best_;
    std::uint64_t passes_before_ = 0;
};

} // namespace profiler
