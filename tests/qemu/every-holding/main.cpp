// tests/qemu/every-holding/main.cpp - each kind of thing that a libOS may hold, asked back from
// each kind of libOS: what was given, what was taken, and that nobody else noticed.
//
// The lines of expected.txt are the table: one for each holding and behaviour. `told of` counts the
// bindings that the kernel told of, or counted for who had no slot; a page table is one binding and
// two frames. What was written is found in the first of the places that the vector names.

#include "tests/qemu/support/receivers.hpp"

using namespace world;
namespace call = libos::system_call;

namespace {

enum Holding : std::uint64_t { clean, dirty, shared, tables, ring, reading, writing, extent };
enum Behaviour : std::uint64_t { complies, slow, refuses, loops, dies };

struct Case {
    std::string_view what;
    unsigned frames;       // of its own, besides the vector
    unsigned memory;       // all that it binds, and may bind
    unsigned asked_for;    // units
    std::uint64_t hurried; // deadline of those who do not comply: within a transfer, or not
};
constexpr Case holdings[] = {
    {"clean mapped frames", 4, 5, 3, 20'000},
    {"dirty mapped frames", 4, 5, 3, 20'000},
    {"frames mapped nine and 1,002 times in three environments", 4, 7, 3, 400'000},
    {"page tables", 7, 8, 4, 20'000},
    {"a ring frame", 3, 4, 3, 20'000},
    {"frames that the disk fills", 4, 6, 4, 5'000},
    {"frames that the disk reads", 4, 6, 4, 5'000},
    {"an extent that is read from", 4, 6, 1, 5'000},
};
constexpr std::string_view behaviours[] = {"complies", "is slow", "refuses", "loops", "dies"};
constexpr std::uint64_t patient = 1'000'000;
constexpr unsigned mapped_each = 3;
constexpr unsigned last_mapped_each = 334; // the newest frame, by a page table of its own

// -- who holds it --------------------------------------------------------------------------------

// Words of its shared page besides its orders: the number to write, the others that it shares
// with, the slots that they opened, and what it passed on.
enum Word : unsigned { number = 16, others = 17, slots = 20, passed_on = 28 };

using receivers::held;

void map(unsigned page, Capability of, std::uint64_t wanted = access::write) {
    if (!call::install(start().low_table, abi::Vpn{receivers::first_page + page}, of, wanted))
        child::end(96);
}

Capability leaf(Capability table, Capability links, unsigned number = 0) {
    const auto made =
        call::bind_page_table(start().root_table, table, links,
                              0x3000'0000 + number * abi::page_size * abi::entries_per_table, 1);
    if (!made)
        child::end(98);
    return Capability{*made};
}

// Maps frame i of 4 from its `first` time on; the last one through the table `many`.
void map_again(unsigned i, Capability of, Capability many, unsigned first, std::uint64_t wanted) {
    for (unsigned again = first; i != 3 && again != mapped_each; ++again)
        map(16 * again + i, of, wanted);
    for (unsigned again = first; i == 3 && again != last_mapped_each; ++again)
        if (!call::install(many, abi::Vpn{again}, of, wanted))
            child::end(96);
}

bool has_transfers(std::uint64_t holding) { return holding >= reading; }

void begin(std::uint64_t holding, std::uint64_t i) {
    disk::push(holding == writing ? abi::IoOperation::write : abi::IoOperation::read, start().disk,
               static_cast<std::uint32_t>(8 + i), held[i], i);
    (void)call::submit_io();
}

// Everything is bound, mapped, written, passed on or under a transfer.
void set_up(std::uint64_t holding) {
    volatile std::uint64_t* const words = child::shared();
    receivers::bind_vector();
    const Capability many = holding == shared ? leaf(frame(), frame()) : Capability{};
    for (unsigned i = 0; i != receivers::orders()[0]; ++i)
        held[i] = frame();
    const bool as_pages = holding != tables;
    for (unsigned i = 0; as_pages && i != receivers::orders()[0]; ++i) {
        if (holding == ring && i == 2)
            break;
        map(i, held[i]);
        if (holding == clean)
            (void)receivers::page_of_frame(i)[0];
        else
            receivers::page_of_frame(i)[0] = words[number] + i;
    }
    if (holding == shared)
        for (unsigned i = 0; i != 4; ++i) {
            map_again(i, held[i], many, 1, access::write);
            for (unsigned other = 0; other != 2; ++other) {
                const auto theirs = call::grant(held[i], Capability{words[others + other]},
                                                words[slots + 4 * other + i], rights::read);
                words[passed_on + 4 * other + i] = theirs.value_or(0);
            }
        }
    if (holding == tables) { // three leaves over a page that is spared
        if (!call::guarantee(held[0]))
            child::end(97);
        for (unsigned i = 0; i != 3; ++i) {
            const Capability made = leaf(held[1 + 2 * i], held[2 + 2 * i], i);
            if (!call::install(made, abi::Vpn{0}, held[0], access::write))
                child::end(98);
            held[1 + i] = made;
        }
    }
    if (holding == ring)
        disk::open(held[2]);
    if (has_transfers(holding)) {
        disk::open(frame());
        for (int twice = 0; twice != 2; ++twice)
            for (unsigned i = 0; i != 4; ++i)
                begin(holding, i);
    }
    words[0] = 1;
}

// A turn in which nothing is asked, or not heeded.
void go_on(std::uint64_t holding) {
    abi::IoCompletion done{};
    while (has_transfers(holding) && disk::ring.take(done))
        if (done.error == 0) // else it has gone
            begin(holding, done.cookie);
    (void)call::yield();
}

// Gives back so many units, as far as it can: a ring in use cannot be given back.
void give(std::uint64_t holding, std::uint64_t units) {
    if (holding == extent) {
        (void)call::drop(start().disk);
        return;
    }
    unsigned last = holding == tables ? 4 : holding == ring ? 2 : 4;
    for (std::uint64_t given = 0; given < units && last != 0; given += holding == tables ? 2 : 1)
        if (!call::drop(held[--last]))
            child::end(92);
}

[[noreturn]] void spin_for_ever() {
    for (;;)
        receivers::spin(1000);
}

void holds(std::uint64_t which) {
    const std::uint64_t holding = which & 0xff;
    set_up(holding);
    while (!receivers::is_asked())
        go_on(holding);
    switch (which >> 8) {
    case complies:
        give(holding, libos::processor_environment().revoke_count);
        break;
    case slow:
        if (holding == extent) // all or nothing
            spin_for_ever();
        give(holding, 1);
        for (unsigned i = 0; has_transfers(holding) && i != 3; ++i)
            begin(holding, i);
        spin_for_ever();
    case loops:
        spin_for_ever();
    case dies:
        child::end(7);
    default:
        break;
    }
    for (;;)
        go_on(holding);
}

// -- others --------------------------------------------------------------------------------------

enum Step : std::uint64_t { idle, open_slots, opened, map_them, mapped, forget };

// Lets frames be passed on to it, and maps each of them several times.
void shares(std::uint64_t) {
    volatile std::uint64_t* const words = child::shared();
    const Capability many = leaf(frame(), frame());
    words[0] = 1;
    for (;; (void)call::yield()) {
        if (words[1] == open_slots) {
            for (unsigned i = 0; i != 4; ++i)
                words[slots + i] = call::open_slot().value_or(0);
            words[1] = opened;
        } else if (words[1] == map_them) {
            for (unsigned i = 0; i != 4; ++i)
                map_again(i, Capability{words[passed_on + i]}, many, 0, access::read_only);
            words[1] = mapped;
        } else if (words[1] == forget) {
            for (unsigned i = 0; i != 4; ++i) // those that still stand
                (void)call::drop(Capability{words[passed_on + i]});
            words[1] = idle;
        }
    }
}

// Uses what it has, all the time, and counts what is not as it should be.
void witnesses(std::uint64_t) {
    volatile std::uint64_t* const words = child::shared();
    receivers::settle();
    const volatile auto& pe = libos::processor_environment();
    for (;; (void)call::yield()) {
        for (unsigned i = 0; i != receivers::orders()[0]; ++i)
            words[2] = words[2] + (receivers::page_of_frame(i)[0] == 1000 + i ? 0 : 1);
        const auto more =
            invoke(abi::Call::bind_frames, start().memory.value, abi::any_frame, 1, batch);
        if (!more || !call::drop(*bound()))
            words[2] = words[2] + 1;
        words[2] = words[2] + pe.repossessed + pe.unrecorded + (receivers::is_asked() ? 1 : 0);
        words[1] = words[1] + 1;
    }
}

child::Child sharers[2], witness;

bool witness_is_well() {
    const std::uint64_t turn = witness.shared()[1];
    for (int i = 0; i != 4; ++i)
        (void)call::yield();
    return witness.shared()[1] >= turn + 2 && witness.shared()[2] == 0;
}

void tell_sharers(Step step, Step done) {
    for (const child::Child& one : sharers) {
        one.shared()[1] = step;
        receivers::wait_for(one.shared()[1], done);
    }
}

// -- asking
// ----------------------------------------------------------------------------------------

child::Child set_up_receiver(Holding holding, Behaviour behaviour, std::uint64_t first) {
    const Case& of = holdings[holding];
    const child::Child made = receivers::built(of.memory);
    volatile std::uint64_t* const words = made.shared();
    words[number] = first;
    for (unsigned other = 0; other != 2 && holding == shared; ++other) {
        tell_sharers(open_slots, opened);
        words[others + other] = child::granted(made, sharers[other].environment, 0).value;
        for (unsigned i = 0; i != 4; ++i)
            words[slots + 4 * other + i] = sharers[other].shared()[slots + i];
    }
    receivers::start_receiver(made, holds,
                              {.frames = of.frames,
                               .places = holding == dirty ? 4u : 0u,
                               .bare_slots = holding == dirty ? 0u : 8u},
                              1, holding | behaviour << 8);
    if (holding == shared) {
        for (unsigned other = 0; other != 2; ++other)
            for (unsigned i = 0; i != 4; ++i)
                sharers[other].shared()[passed_on + i] = words[passed_on + 4 * other + i];
        tell_sharers(map_them, mapped);
    }
    return made;
}

// How many bindings it was told of, or would have been.
std::uint64_t told(const child::Child& made) {
    (void)install(child::scratch_page, made.pe_frame, access::read_only);
    const auto& pe = *reinterpret_cast<const volatile abi::ProcessorEnvironmentPage*>(
        address(child::scratch_page));
    const std::uint64_t count = pe.repossessed + pe.unrecorded;
    (void)remove(child::scratch_page);
    return count;
}

void ask_for(Holding holding, Behaviour behaviour) {
    const Case& of = holdings[holding];
    const Counts before = counts();
    const std::uint64_t first = 1000 * (1 + 8 * holding + behaviour);
    const std::uint64_t ended = child::ended_count();
    const child::Child made = set_up_receiver(holding, behaviour, first);
    const std::uint64_t free = facts().free_frames;
    const std::uint64_t deadline = behaviour == complies ? patient : of.hurried;
    const receivers::Outcome outcome = receivers::ask_for_both(
        holding == extent ? start().disk : made.memory, made,
        holding == extent ? made.own_disk : made.own_memory, of.asked_for, deadline);
    const std::uint64_t given = outcome.value & 0xffff'ffff, taken = outcome.value >> 32;
    const bool died = outcome.error == static_cast<std::uint64_t>(abi::Error::ended);
    bool right = outcome.error == 0 || died;
    if (died)
        libos::print("{}, {}: has ended", of.what, behaviours[behaviour]);
    else
        libos::print("{}, {}: {} given, {} taken, told of {}", of.what, behaviours[behaviour],
                     given, taken, told(made));
    if (!died && holding != extent) // that many are free now
        right = right && facts().free_frames == free + given + taken;
    if (died)
        right = right && child::wait_for_end(ended + 1).status == 7;
    if (holding == dirty && taken != 0) // the newest that it had left, in the first place
        right = right && receivers::first_word_of(0) == first + 3 - given;
    receivers::finish(made);
    if (holding == shared)
        tell_sharers(forget, idle);
    right = right && witness_is_well();
    check::failures += right && counts() == before ? 0 : 1;
    libos::print("{}\n", !right               ? "; FAILED: others noticed, or it does not add up"
                         : counts() == before ? "; all else as before"
                                              : "; FAILED: something is lost");
}

} // namespace

int application_main(libos::Arguments) {
    open();
    disk::open();
    for (child::Child& one : sharers)
        one = receivers::receiver(shares, {});
    witness = receivers::receiver(witnesses, {.frames = 4, .bare_slots = 4});
    for (const Holding holding : {clean, dirty, shared, tables, ring, reading, writing, extent})
        for (const Behaviour behaviour : {complies, slow, refuses, loops, dies})
            ask_for(holding, behaviour);
    return check::verdict();
}
