// apps/contention/shared.hpp - what the environments share: every lock and barrier, and their
// results.
//
// It lies in frames that the first libOS has bound and lends to the others; zeroed, as frames are
// when they are handed over, all of it is as it shall be at the beginning.

#pragma once

#include "libos/sync/backoff_lock.hpp"
#include "libos/sync/central_barrier.hpp"
#include "libos/sync/dissemination_barrier.hpp"
#include "libos/sync/mcs_lock.hpp"
#include "libos/sync/reader_writer_lock.hpp"
#include "libos/sync/ticket_lock.hpp"
#include "libos/sync/tournament_barrier.hpp"
#include "libos/sync/tree_barrier.hpp"

namespace contention {

namespace sync = libos::sync;
using Word = sync::Word;
using Line = sync::Line<sync::Processors>;

/// Where the emulator has processors take turns, this passes the turn on.
inline void pause() { sync::Processors::pause(); }

// What a participant tells the first one of an experiment.
struct alignas(sync::line_bytes) Result {
    Word waited; // ticks between asking and having, over the counted rounds
    Word wrong;  // 1: a promise was broken
};

struct Shared {
    sync::CentralBarrier<> gate; // before and behind each experiment
    sync::TicketLock<> ticket;
    sync::McsLock<> mcs;
    sync::BackoffLock<> backoff;
    sync::ReaderWriterLock<> writers, readers;
    sync::CentralBarrier<> central;
    sync::DisseminationBarrier<> dissemination;
    sync::TournamentBarrier<> tournament;
    sync::TreeBarrier<> tree;
    struct alignas(sync::line_bytes) {
        Word word[sync::most_participants];
    } together;
    Line apart[sync::most_participants];
    // To check by: what the locks protect, and the episode that each has entered.
    Line protected_counter;
    Line entered[sync::most_participants];
    Result results[sync::most_participants];
};

inline constexpr std::size_t shared_frames = 4; // as many as one environment lends another
static_assert(sizeof(Shared) <= shared_frames * 4096);

} // namespace contention
