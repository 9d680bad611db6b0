// apps/contention/experiments.hpp - what each participant does: one experiment after the other.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "apps/contention/shared.hpp"

namespace contention {

// One environment among those that take part.
struct Self {
    std::uint32_t index, count;
    std::uint64_t rounds; // that are counted, of each participant
    sync::Participant gate{index, count};
    // So far, over all experiments.
    std::uint64_t added = 0;   // to the counter that the locks protect, by all
    std::uint64_t episode = 0; // that is checked, the last one entered
    // Of the last experiment, in ticks.
    std::uint64_t alone = 0;   // a round of the first one without the others; 0: there is no such
    std::uint64_t elapsed = 0; // all rounds
};

struct Experiment {
    std::string_view kind, name; // `--KIND NAME` asks for it alone
    bool in_turn;                // a round is of one participant, not of all together
    void (*perform)(const Experiment&, Shared&, Self&);
    void (*begin)(); // labels between which lines are counted
    void (*end)();
};

std::span<const Experiment> experiments();

/// Performs one: all participants call it, in the same order. When it returns their results are
/// there, until the next one begins.
void perform(const Experiment& experiment, Shared& shared, Self& self);

/// Rounds that `elapsed` is about.
std::uint64_t rounds_of(const Experiment& experiment, const Self& self);

} // namespace contention
