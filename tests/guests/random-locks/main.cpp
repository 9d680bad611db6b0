// tests/guests/random-locks/main.cpp - every lock and barrier of libos/sync between processors, in
// random order, with random holds; and environments that sleep until another one wakes them up.
//
// The first libOS and a child on each other processor go through rounds. In each round everybody
// enters random locks, reads or writes under the reader-writer lock and meets the others at a
// barrier; then one may sleep in `wait`, until the first libOS asks it for a frame and so wakes it
// up. After some rounds the children end, for which the first libOS waits, and others follow. Who
// pauses for too long in one round says so and ends. Between the steps of the locks and barriers
// processors stop for random times, so that also where they take turns each order may come.
// Arguments: rounds, seed.

#include "bindings/random.hpp"
#include "libos/sync/backoff_lock.hpp"
#include "libos/sync/central_barrier.hpp"
#include "libos/sync/dissemination_barrier.hpp"
#include "libos/sync/mcs_lock.hpp"
#include "libos/sync/reader_writer_lock.hpp"
#include "libos/sync/ticket_lock.hpp"
#include "libos/sync/tournament_barrier.hpp"
#include "libos/sync/tree_barrier.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/processors.hpp"

using abi::Capability;
using child::Child;
using namespace world;
namespace sync = libos::sync;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t shared_at = 0x1c'0000; // in all address spaces
constexpr std::uint64_t most_rounds_of_children = 100;
constexpr std::uint64_t longest_hold = 40; // pauses
constexpr std::uint64_t patience = 20'000'000;
constexpr unsigned locks = 4, barriers = 4;

[[noreturn]] void give_up();
std::uint64_t paused = 0; // in this round
bindings::Random schedule{0};

// Before each step of a lock or barrier the turn may go to another processor, for a while.
void let_others_go_first() {
    if (schedule.below(4) == 0)
        for (std::uint64_t i = schedule.below(6); i != 0; --i)
            processors::pause();
}

class RandomWord {
public:
    std::uint64_t load() const {
        let_others_go_first();
        return word_.load();
    }
    void store(std::uint64_t value) {
        let_others_go_first();
        word_.store(value);
    }
    std::uint64_t exchange(std::uint64_t value) {
        let_others_go_first();
        return word_.exchange(value);
    }
    std::uint64_t fetch_add(std::uint64_t value) {
        let_others_go_first();
        return word_.fetch_add(value);
    }
    bool compare_exchange(std::uint64_t expected, std::uint64_t value) {
        let_others_go_first();
        return word_.compare_exchange(expected, value);
    }

private:
    sync::Word word_;
};

struct Impatient {
    using Word = RandomWord;
    static void pause() {
        processors::pause();
        if (++paused > patience)
            give_up();
    }
};

struct alignas(sync::line_bytes) Pair { // two words that agree, but for the holder of the lock
    volatile std::uint64_t first, second;
};
struct alignas(sync::line_bytes) Post { // of a participant
    volatile std::uint64_t round, step, entered, slept;
};
struct Shared {
    sync::TicketLock<Impatient> ticket;
    sync::McsLock<Impatient> mcs;
    sync::BackoffLock<Impatient> backoff;
    sync::ReaderWriterLock<Impatient> reader_writer;
    sync::CentralBarrier<Impatient> central;
    sync::DisseminationBarrier<Impatient> dissemination;
    sync::TournamentBarrier<Impatient> tournament;
    sync::TreeBarrier<Impatient> tree;
    Pair pairs[locks];
    Post posts[sync::most_participants];
    sync::Word readers, read_together, torn, ahead, behind, late, sleeps;
    std::uint64_t rounds, seed, count;
};
constexpr std::uint64_t shared_pages = (sizeof(Shared) + 4095) / 4096;
Shared& shared() { return *reinterpret_cast<Shared*>(shared_at); }

std::uint32_t self = 0;

void hold(bindings::Random& random) {
    for (std::uint64_t i = random.below(3) == 0 ? 0 : random.below(longest_hold); i != 0; --i)
        processors::pause();
    if (random.below(16) == 0)
        (void)call::yield(); // through the kernel's lock
}

// -- what each does in a round
// ---------------------------------------------------------------------

void change(Pair& pair, bindings::Random& random) {
    const std::uint64_t before = pair.first;
    bool whole = pair.second == before;
    pair.first = before + 1;
    hold(random);
    whole = whole && pair.first == before + 1 && pair.second == before;
    pair.second = before + 1;
    if (!whole)
        (void)shared().torn.fetch_add(1);
    shared().posts[self].entered = shared().posts[self].entered + 1;
}

void change_under(auto& lock, Pair& pair, bindings::Random& random) {
    lock.acquire(self);
    change(pair, random);
    lock.release(self);
}

void read(bindings::Random& random) {
    Shared& all = shared();
    all.reader_writer.acquire_read();
    if (all.readers.fetch_add(1) != 0)
        (void)all.read_together.fetch_add(1);
    const std::uint64_t before = all.pairs[3].first;
    hold(random);
    if (all.pairs[3].second != before)
        (void)all.torn.fetch_add(1);
    (void)all.readers.fetch_add(~0ull);
    all.reader_writer.release_read();
}

void write(bindings::Random& random) {
    Shared& all = shared();
    all.reader_writer.acquire_write();
    change(all.pairs[3], random);
    if (all.readers.load() != 0)
        (void)all.torn.fetch_add(1);
    all.reader_writer.release_write();
}

void enter_a_lock(bindings::Random& random) {
    const std::uint64_t which = random.below(5);
    shared().posts[self].step = which;
    switch (which) {
    case 0:
        return change_under(shared().ticket, shared().pairs[0], random);
    case 1:
        return change_under(shared().mcs, shared().pairs[1], random);
    case 2:
        return change_under(shared().backoff, shared().pairs[2], random);
    case 3:
        return write(random);
    default:
        return read(random);
    }
}

void meet(std::uint64_t which, sync::Participant (&parts)[barriers]) {
    shared().posts[self].step = 10 + which;
    switch (which) {
    case 0:
        return shared().central.wait(parts[0]);
    case 1:
        return shared().dissemination.wait(parts[1]);
    case 2:
        return shared().tournament.wait(parts[2]);
    default:
        return shared().tree.wait(parts[3]);
    }
}

// Everybody has entered this round's barrier, and nobody has left the next one's.
void look_at_others(std::uint64_t round) {
    for (std::uint32_t i = 0; i != shared().count; ++i) {
        const std::uint64_t its = shared().posts[i].round;
        (void)shared().behind.fetch_add(its < round ? 1 : 0);
        (void)shared().ahead.fetch_add(its > round + 1 ? 1 : 0);
    }
}

// -- sleeping, and waking up
// -----------------------------------------------------------------------

Capability held[most_rounds_of_children];
unsigned holds = 0;
std::uint64_t last_request = 0;

// Until it is asked for a frame, which it gives back unless it was taken from it in its sleep.
void sleep() {
    shared().posts[self].step = 20;
    auto& pe = libos::processor_environment();
    const volatile auto& seen = pe;
    while (seen.revoke_number == last_request) {
        __atomic_store_n(&pe.pending, 0, __ATOMIC_SEQ_CST);
        if (seen.revoke_number == last_request)
            (void)call::wait();
    }
    last_request = seen.revoke_number;
    if (seen.revoke_deadline != 0)
        while (!call::drop(held[--holds])) {
        }
    shared().posts[self].slept = shared().posts[self].slept + 1;
}

Child children[sync::most_participants];

void wake_up(std::uint64_t sleeper, bindings::Random& random) {
    shared().posts[self].step = 21;
    hold(random);
    const Child& made = children[sleeper];
    // Once it has given the frame back it may be over with its last round.
    const auto asked =
        call::request_revocation(made.memory, made.environment, made.own_memory, 1, 1ull << 40);
    if (asked != std::unexpected(abi::Error::ended))
        (void)check::needed("asking", asked);
    (void)shared().sleeps.fetch_add(1);
}

void take_part(std::uint64_t index) {
    self = static_cast<std::uint32_t>(index);
    Shared& all = shared();
    bindings::Random own{all.seed * 1000 + index}, common{all.seed};
    schedule = bindings::Random{~all.seed * 1000 + index};
    const auto count = static_cast<std::uint32_t>(all.count);
    sync::Participant parts[barriers];
    for (sync::Participant& part : parts)
        part = {.index = self, .count = count};
    for (std::uint64_t round = 1; round <= all.rounds; ++round) {
        paused = 0;
        for (std::uint64_t i = own.below(4); i != 0; --i)
            enter_a_lock(own);
        all.posts[self].round = round;
        meet(common.below(barriers), parts);
        look_at_others(round);
        const std::uint64_t sleeper = common.below(std::uint64_t{3} * (count - 1));
        if (sleeper < count - 1 && index == sleeper + 1)
            sleep();
        else if (sleeper < count - 1 && index == 0)
            wake_up(sleeper + 1, own);
    }
}

void run(std::uint64_t index) {
    for (; holds != most_rounds_of_children; ++holds)
        held[holds] = frame();
    take_part(index);
    child::end(0);
}

[[noreturn]] void give_up() {
    (void)shared().late.fetch_add(1);
    if (self == 0) {
        check::that("each round ends", false);
        check::equal("and until then nobody has entered a lock that another one held",
                     shared().torn.load(), 0);
        for (std::uint32_t i = 0; i != shared().count; ++i)
            libos::print("  participant {} is in round {}, step {}\n", i, shared().posts[i].round,
                         shared().posts[i].step);
    }
    child::end(1);
}

// -- the first libOS
// -------------------------------------------------------------------------------

std::uint64_t entered = 0, sleeps = 0, read_together = 0, torn = 0, ahead = 0, behind = 0;
std::uint64_t uncounted = 0, unslept = 0, ends = 0;

// As child::wait_for_end, but that a child may well end between looking and waiting.
void wait_for_children() {
    const volatile auto& pe = libos::processor_environment();
    for (ends += shared().count - 1; pe.ended_count < ends;) {
        const libos::UpcallsDisabled disabled;
        if (pe.ended_count == ends)
            break;
        for (std::uint64_t i = schedule.below(longest_hold); i != 0; --i)
            processors::pause();
        (void)call::wait();
    }
}

void some_rounds(std::uint64_t rounds, std::uint64_t seed) {
    Shared& all = shared();
    for (std::uint64_t i = 0; i != shared_pages * 512; ++i)
        reinterpret_cast<volatile std::uint64_t*>(shared_at)[i] = 0;
    all.rounds = rounds;
    all.seed = seed;
    all.count = facts().processors;
    Capability time[sync::most_participants];
    for (std::uint64_t i = 1; i != all.count; ++i) {
        children[i] = child::build({.table_frames = 2, .memory_limit = most_rounds_of_children});
        for (std::uint64_t page = 0; page != shared_pages; ++page)
            child::map(children[i].low_leaf, shared_at + page * 4096,
                       frame_behind(shared_at + page * 4096), access::write);
        time[i] = processors::time_of(i);
        (void)check::needed("starting", child::start(children[i], run, i, time[i]));
    }
    take_part(0);
    wait_for_children();
    std::uint64_t counted = 0, slept = 0;
    for (const Pair& pair : all.pairs)
        counted += pair.first;
    for (const Post& post : all.posts) {
        entered += post.entered;
        counted -= post.entered;
        slept += post.slept;
    }
    uncounted += counted != 0 ? 1 : 0;
    unslept += slept != all.sleeps.load() ? 1 : 0;
    sleeps += slept;
    read_together += all.read_together.load();
    torn += all.torn.load();
    ahead += all.ahead.load();
    behind += all.behind.load();
    for (std::uint64_t i = 1; i != all.count; ++i) {
        (void)call::drop(children[i].memory);
        (void)call::drop(time[i]);
    }
}

} // namespace

int application_main(libos::Arguments arguments) {
    open();
    const std::uint64_t rounds = libos::parse_number(arguments[0]).value_or(1000);
    const std::uint64_t seed = libos::parse_number(arguments[1]).value_or(1);
    for (std::uint64_t page = 0; page != shared_pages; ++page)
        (void)check::needed(
            "mapping what is shared",
            call::install(start().low_table,
                          page_of(abi::VirtualAddress{shared_at + page * abi::page_size}), frame(),
                          access::write));
    for (std::uint64_t done = 0; done < rounds; done += most_rounds_of_children)
        some_rounds(rounds - done < most_rounds_of_children ? rounds - done
                                                            : most_rounds_of_children,
                    seed * 1'000'000 + done);
    check::that("everybody has entered locks", entered > rounds);
    check::equal("nobody has while another one held it", torn, 0);
    check::equal("and nothing that was counted is lost", uncounted, 0);
    check::that("readers have read together", read_together > 0);
    check::equal("nobody was a round behind at a barrier", behind, 0);
    check::equal("nor a round ahead", ahead, 0);
    check::that("environments have slept", sleeps > rounds / 10);
    check::equal("each until it was woken up", unslept, 0);
    libos::print("@output.processors={}\n", facts().processors);
    libos::print("@output.entered={}\n", entered);
    libos::print("@output.sleeps={}\n", sleeps);
    libos::print("@output.read_together={}\n", read_together);
    return check::verdict();
}
