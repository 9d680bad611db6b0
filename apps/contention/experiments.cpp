// apps/contention/experiments.cpp - locks, barriers and counters, each under contention.
//
// The rounds before the counted ones check what the lock or barrier promises, and bring it into the
// state in which it stays; those behind keep the others waiting until all have been counted. With
// -icount a processor keeps its turn until it pauses: so a lock is held for one pause, that the
// others find it taken, and asked for again after one.

#include "apps/contention/experiments.hpp"

extern "C" {
#define COUNTED(name) void count_##name##_begin(), count_##name##_end();
COUNTED(ticket)
COUNTED(mcs)
COUNTED(backoff)
COUNTED(writers)
COUNTED(readers)
COUNTED(central)
COUNTED(dissemination)
COUNTED(tournament)
COUNTED(tree)
COUNTED(together)
COUNTED(apart)
#undef COUNTED
}

namespace contention {
namespace {

constexpr std::uint64_t rounds_before = 8, rounds_behind = 4;
constexpr std::uint64_t rounds_alone = 100;

std::uint64_t ticks() { return __builtin_ia32_rdtsc(); }

enum class Check : bool { no, yes };

// All rounds of a participant; `round` answers for how long it waited.
template <class Round>
void perform_rounds(const Experiment& experiment, Shared& shared, Self& self, Round round) {
    shared.gate.wait(self.gate);
    const std::uint64_t before = ticks();
    for (std::uint64_t i = 0; i != rounds_before; ++i)
        round(Check::yes);
    std::uint64_t waited = 0;
    experiment.begin();
    for (std::uint64_t i = 0; i != self.rounds; ++i)
        waited += round(Check::no);
    experiment.end();
    for (std::uint64_t i = 0; i != rounds_behind; ++i)
        round(Check::no);
    shared.gate.wait(self.gate);
    self.elapsed = ticks() - before;
    shared.results[self.index].waited.store(waited);
}

// The others are at the gate and have no turn, since nothing here pauses.
template <class Lock> void measure_alone(Lock& lock, Self& self) {
    const std::uint64_t before = ticks();
    for (std::uint64_t i = 0; i != rounds_alone; ++i) {
        lock.acquire(self.index);
        lock.release(self.index);
    }
    self.alone = (ticks() - before) / rounds_alone;
}

enum class Excludes : bool { no, yes };

template <class Lock>
void contend(Lock& lock, Excludes excludes, const Experiment& experiment, Shared& shared,
             Self& self) {
    if (self.index == 0)
        measure_alone(lock, self);
    Word& counter = shared.protected_counter.word;
    perform_rounds(experiment, shared, self, [&](Check check) {
        const std::uint64_t asked = ticks();
        lock.acquire(self.index);
        const std::uint64_t waited = ticks() - asked;
        const std::uint64_t seen = check == Check::yes ? counter.load() : 0;
        pause();
        if (check == Check::yes && excludes == Excludes::yes) // readers only look
            counter.store(seen + 1);
        lock.release(self.index);
        pause();
        return waited;
    });
    if (excludes == Excludes::yes)
        self.added += rounds_before * self.count;
    shared.results[self.index].wrong.store(counter.load() != self.added ? 1 : 0);
}

template <auto lock> void contend_for(const Experiment& experiment, Shared& shared, Self& self) {
    contend(shared.*lock, Excludes::yes, experiment, shared, self);
}

// The two sides of a reader-writer lock, each as a lock.
struct WriteSide {
    sync::ReaderWriterLock<>& lock;
    void acquire(std::uint32_t) { lock.acquire_write(); }
    void release(std::uint32_t) { lock.release_write(); }
};
struct ReadSide {
    sync::ReaderWriterLock<>& lock;
    void acquire(std::uint32_t) { lock.acquire_read(); }
    void release(std::uint32_t) { lock.release_read(); }
};

void contend_as_writers(const Experiment& experiment, Shared& shared, Self& self) {
    WriteSide side{shared.writers};
    contend(side, Excludes::yes, experiment, shared, self);
}
void contend_as_readers(const Experiment& experiment, Shared& shared, Self& self) {
    ReadSide side{shared.readers};
    contend(side, Excludes::no, experiment, shared, self);
}

// Whether all have entered the episode that one leaves, and nobody is more than one ahead.
bool all_entered(const Shared& shared, const Self& self) {
    for (std::uint32_t i = 0; i != self.count; ++i) {
        const std::uint64_t entered = shared.entered[i].word.load();
        if (entered < self.episode || entered > self.episode + 1)
            return false;
    }
    return true;
}

template <auto member> void meet_at(const Experiment& experiment, Shared& shared, Self& self) {
    auto& barrier = shared.*member;
    sync::Participant own{self.index, self.count};
    bool wrong = false;
    perform_rounds(experiment, shared, self, [&](Check check) {
        if (check == Check::yes)
            shared.entered[self.index].word.store(++self.episode);
        const std::uint64_t asked = ticks();
        barrier.wait(own);
        const std::uint64_t waited = ticks() - asked;
        if (check == Check::yes)
            wrong = wrong || !all_entered(shared, self);
        return waited;
    });
    shared.results[self.index].wrong.store(wrong ? 1 : 0);
}

// Counters of which each participant writes its own only.
void count_on(Word& counter, const Experiment& experiment, Shared& shared, Self& self) {
    perform_rounds(experiment, shared, self, [&](Check) {
        counter.store(counter.load() + 1);
        pause();
        return std::uint64_t{0};
    });
    const std::uint64_t all = rounds_before + self.rounds + rounds_behind;
    shared.results[self.index].wrong.store(counter.load() != all ? 1 : 0);
}
void count_together(const Experiment& experiment, Shared& shared, Self& self) {
    count_on(shared.together.word[self.index], experiment, shared, self);
}
void count_apart(const Experiment& experiment, Shared& shared, Self& self) {
    count_on(shared.apart[self.index].word, experiment, shared, self);
}

// The labels' names are the experiments'.
#define EXPERIMENT(kind, in_turn, name, function)                                                  \
    {kind, #name, in_turn, function, count_##name##_begin, count_##name##_end}
constexpr Experiment all_experiments[] = {
    EXPERIMENT("lock", true, ticket, contend_for<&Shared::ticket>),
    EXPERIMENT("lock", true, mcs, contend_for<&Shared::mcs>),
    EXPERIMENT("lock", true, backoff, contend_for<&Shared::backoff>),
    EXPERIMENT("lock", true, writers, contend_as_writers),
    EXPERIMENT("lock", true, readers, contend_as_readers),
    EXPERIMENT("barrier", false, central, meet_at<&Shared::central>),
    EXPERIMENT("barrier", false, dissemination, meet_at<&Shared::dissemination>),
    EXPERIMENT("barrier", false, tournament, meet_at<&Shared::tournament>),
    EXPERIMENT("barrier", false, tree, meet_at<&Shared::tree>),
    EXPERIMENT("counters", true, together, count_together),
    EXPERIMENT("counters", true, apart, count_apart),
};
#undef EXPERIMENT

} // namespace

std::span<const Experiment> experiments() { return all_experiments; }

void perform(const Experiment& experiment, Shared& shared, Self& self) {
    self.alone = 0;
    experiment.perform(experiment, shared, self);
    shared.gate.wait(self.gate);
}

std::uint64_t rounds_of(const Experiment& experiment, const Self& self) {
    const std::uint64_t each = rounds_before + self.rounds + rounds_behind;
    return experiment.in_turn ? each * self.count : each;
}

} // namespace contention
