// tests/qemu/outrun/main.cpp - revocation against holders that never stop: they submit transfers
// through what is being taken, derive from it and derive from that, while `revoke` waits.
//
// A holder goes round until it is told that the revocation has returned. Then whatever it tries
// through its old names must be `revoked`, and its page must be gone.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using abi::Error;
using abi::IoOperation;
using namespace world;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t lent_address = 0x1e'0000; // where a holder maps the frame it was lent
constexpr std::uint64_t revoked = static_cast<std::uint64_t>(Error::revoked);

// Words of the page that a holder shares with its creator.
enum Word : unsigned {
    extent,    // its capabilities
    lent,      //
    derives,   // 1: it makes a new child binding for each request
    over,      // 1: the revocation has returned
    turns,     // of its loop
    completed, // requests without error
    late,      // of eight requests after the revocation: how many were `revoked`
    mapping,   // the translation of the lent page, at the end
    naming,    // the error of deriving from the frame, at the end
    extending, // and from the extent
    gained,    // of what follows: how often it succeeded while the binding was being taken
    tried,     // and how often it was tried
    resource,  // what is being taken: a capability of the holder
};

// The newest child binding of `from`, made after the oldest of four was given back.
Capability renewed(Capability from, Capability (&ring)[4], std::uint64_t turn, bool part) {
    Capability& mine = ring[turn % 4];
    if (mine)
        (void)call::drop(mine);
    const Value made =
        call::derive(from, rights::read | rights::write | rights::grant, 0, part ? 8 : 0);
    mine = Capability{made.value_or(0)};
    return mine ? mine : from;
}

void submits_for_ever(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    disk::open(frame(start().memory));
    const Capability blocks{post[extent]};
    const Capability page{post[lent]};
    (void)call::install(start().low_table, page_of(abi::VirtualAddress{lent_address}), page,
                        access::write);
    Capability pages[4]{};
    Capability parts[4]{};
    abi::IoCompletion completion{};
    std::uint64_t pending = 0;
    for (std::uint64_t turn = 0; post[over] == 0; ++turn) {
        const bool by_child = post[derives] != 0;
        if (pending != 8) {
            ++pending;
            disk::push(IoOperation::read, by_child ? renewed(blocks, parts, turn, true) : blocks,
                       turn % 8, by_child ? renewed(page, pages, turn, false) : page, 1);
            (void)call::submit_io();
        }
        while (disk::ring.take(completion)) {
            --pending;
            post[completed] = post[completed] + (completion.error == 0);
        }
        post[turns] = turn;
        (void)call::yield();
    }
    while (pending != 0)
        if (disk::ring.take(completion))
            --pending;
        else
            (void)call::yield();
    for (unsigned i = 0; i != 8; ++i)
        disk::push(IoOperation::read, blocks, i, page, 2);
    (void)call::submit_io();
    for (unsigned i = 0; i != 8; ++i) {
        while (!disk::ring.take(completion))
            (void)call::yield();
        post[late] = post[late] + (completion.error == revoked);
    }
    post[mapping] = translation(lent_address);
    const Value named = call::derive(page, rights::read, 0, 0);
    post[naming] = named ? 0 : static_cast<std::uint64_t>(named.error());
    const Value extended = call::derive(blocks, rights::read, 0, 1);
    post[extending] = extended ? 0 : static_cast<std::uint64_t>(extended.error());
    child::end(0);
}

struct Case {
    const char* sentence;
    bool frame_goes; // else the extent
    unsigned holders;
    bool derives;
    unsigned depth; // of derivations between the root of it all and the holders
};

// A chain of `depth` bindings below `top`; the last one.
Capability chain(Capability top, unsigned depth, std::uint64_t count) {
    for (unsigned i = 0; i != depth; ++i)
        top = derived(top, rights_of(entry_of(top)), 0, count);
    return top;
}

void run(const Case& one) {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    const Capability part = derived(start().disk, rights::all & ~rights::execute, 0, 8);
    const Capability page = frame();
    const Capability blocks_end = chain(part, one.frame_goes ? 0 : one.depth, 8);
    const Capability page_end = chain(page, one.frame_goes ? one.depth : 0, 0);
    child::Child holders[3];
    child::Options options;
    options.memory_limit = 4;
    for (unsigned i = 0; i != one.holders; ++i) {
        child::Child& holder = holders[i];
        holder = child::build(options);
        constexpr std::uint32_t some = rights::read | rights::write | rights::grant;
        holder.shared()[extent] = child::granted(holder, blocks_end, some).value;
        holder.shared()[lent] = child::granted(holder, page_end, some).value;
        holder.shared()[derives] = one.derives;
        (void)check::needed("starting a holder", child::start(holder, submits_for_ever));
    }
    // Each of them is at it by then.
    for (unsigned i = 0; i != one.holders; ++i)
        while (holders[i].shared()[turns] < 20 || holders[i].shared()[completed] == 0)
            (void)call::yield();
    const Value taken = call::revoke(one.frame_goes ? page : part);
    std::uint64_t late_count = 0;
    std::uint64_t through = 0;
    bool gone = true;
    for (unsigned i = 0; i != one.holders; ++i)
        holders[i].shared()[over] = 1;
    (void)child::wait_for_end(ended + one.holders);
    for (unsigned i = 0; i != one.holders; ++i) {
        volatile std::uint64_t* const post = holders[i].shared();
        late_count += post[late];
        through += post[completed];
        gone = gone && (one.frame_goes ? post[mapping] == 0 && post[naming] == revoked
                                       : post[mapping] != 0 && post[extending] == revoked);
    }
    const bool right =
        taken && through != 0 && late_count == std::uint64_t{8} * one.holders && gone;
    check::that(one.sentence, right);
    if (!right)
        libos::print("  revoke {}, completed {}, revoked after it {}, gone {}\n",
                     taken ? "done" : name_of(taken.error()), through, late_count, gone);
    for (unsigned i = 0; i != one.holders; ++i)
        (void)call::drop(holders[i].memory);
    (void)call::drop(page);
    (void)call::drop(part);
    if (facts().free_frames != free_before)
        check::equal("and no frame is lost", facts().free_frames, free_before);
}

// Transfers go through the binding that is broken first; the one that is broken last is still named
// while `revoke` waits for them. What could be derived from it then, or bound, or started with it,
// would have to be taken as well.
enum class Growth : std::uint64_t { frame, extent, memory };
constexpr std::uint32_t lent_rights = rights::all & ~rights::execute;
constexpr std::uint64_t late_cookie = 100;

// Tries once what `last` was good for; how much of it succeeds. Transfers tell by their completion.
std::uint64_t grow(Growth what, Capability last, Capability own_blocks, Capability own_page) {
    const bool derives = call::derive(last, rights::read, 0, what == Growth::extent).has_value();
    if (what == Growth::memory)
        return derives + call::bind_frames(last, abi::any_frame, 1, batch).has_value();
    disk::push(IoOperation::read, what == Growth::extent ? last : own_blocks, 0,
               what == Growth::frame ? last : own_page, late_cookie);
    (void)call::submit_io();
    return derives;
}

void grows_elsewhere(std::uint64_t argument) {
    volatile std::uint64_t* const post = child::shared();
    disk::open(frame(start().memory));
    const auto what = static_cast<Growth>(argument);
    const Capability taken{post[resource]};
    const Capability own_page = frame();
    const Capability own_blocks = start().disk;
    const std::uint64_t parts = what == Growth::frame ? 0 : 8;
    const Capability last = derived(taken, lent_rights, 0, parts);
    const Capability first =
        what == Growth::memory ? frame(taken) : derived(taken, lent_rights, 0, parts);
    for (unsigned i = 0; i != 8; ++i)
        disk::push(IoOperation::read, what == Growth::extent ? first : own_blocks, i,
                   what == Growth::extent ? own_page : first, i);
    (void)call::submit_io();
    post[turns] = 1;
    abi::IoCompletion completion{};
    unsigned first_ones = 8; // that are not complete yet
    unsigned late_ones = 0;
    while (first_ones + late_ones != 0) {
        while (disk::ring.take(completion))
            if (completion.cookie != late_cookie) {
                --first_ones;
            } else {
                --late_ones;
                post[gained] = post[gained] + (completion.error != revoked);
            }
        if (first_ones == 0) {
            (void)call::yield();
            continue;
        }
        if (const Value now = call::derive(taken, rights::read, 0, parts)) {
            (void)call::drop(Capability{*now});
        } else {
            post[tried] = post[tried] + 1;
            post[gained] = post[gained] + grow(what, last, own_blocks, own_page);
            late_ones += what != Growth::memory;
        }
        (void)call::yield();
    }
    child::end(0);
}

void growth(Growth what, Capability root, const char* runs_on, const char* gains_nothing) {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    const bool whole = what == Growth::frame;
    const Capability taken = derived(root, lent_rights, 0, whole ? 0 : 8);
    child::Options options;
    options.memory_limit = 4;
    options.disk_rights = rights::read;
    const child::Child holder = child::build(options);
    holder.shared()[resource] = child::granted(holder, taken, lent_rights).value;
    (void)check::needed("starting a holder",
                        child::start(holder, grows_elsewhere, static_cast<std::uint64_t>(what)));
    while (holder.shared()[turns] == 0)
        (void)call::yield();
    (void)check::needed("revoking", call::revoke(taken));
    (void)child::wait_for_end(ended + 1);
    check::that(runs_on, holder.shared()[tried] != 0);
    check::equal(gains_nothing, holder.shared()[gained], 0);
    (void)call::drop(holder.memory);
    (void)call::drop(taken);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

// Somebody ends who granted the memory that part of a table is made of; the table's holder goes on
// filling it, between the steps of the clean-up. More words of the pages that are shared:
enum MoreWords : unsigned {
    slot = 16,   // the filler's: opened for the memory
    granted,     // the memory as the filler got it
    filled,      // turns in which it filled its table
    finished,    // 1: it has stopped
    environment, // the giver's: capability of the filler
    wanted,      // the slot that that opened
    ends,        // 1: it may end
};

constexpr std::uint64_t filled_address = 0x1000'0000;
constexpr std::uint64_t filled_span = 0x20'0000; // of one leaf
constexpr unsigned filled_leaves = 24;

void gives_memory(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    const Value given =
        call::grant(start().memory, Capability{post[environment]}, post[wanted], rights::all);
    post[granted] = given.value_or(0);
    while (post[ends] == 0)
        (void)call::yield();
    child::end(0);
}

Capability granted_memory() {
    volatile std::uint64_t* const post = child::shared();
    post[slot] = call::open_slot().value_or(0);
    while (post[granted] == 0)
        (void)call::yield();
    return {post[granted]};
}

// A leaf whose links lie in the memory that goes.
void fills_a_leaf(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    const Capability links = frame(granted_memory());
    const Capability own = frame(start().memory);
    const Capability page = frame(start().memory);
    const Capability filled_leaf{
        call::bind_page_table(start().root_table, own, links, filled_address, 1).value_or(0)};
    auto* requests = libos::request_area::at<abi::TranslationRequest>(0);
    while (post[over] == 0) {
        for (unsigned i = 0; i != abi::entries_per_table; ++i)
            requests[i] = {.operation = abi::TranslationOperation::install,
                           .index = static_cast<std::uint16_t>(i),
                           .count = 1,
                           .error = 0,
                           .table = filled_leaf,
                           .frame = page,
                           .value = access::read_only};
        post[filled] = post[filled] + call::perform_translations(0, 512).has_value();
        (void)call::yield();
    }
    post[finished] = 1;
    child::end(0);
}

// A table of level 2 that lies in the memory that goes, and leaves below it that do not.
void hangs_leaves(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    constexpr std::uint64_t base = 0x4000'0000; // of another table of level 2
    (void)call::bind_page_table(start().root_table, frame(granted_memory()), {}, base, 2);
    Capability own = frame(start().memory);
    Capability links = frame(start().memory);
    while (post[over] == 0) {
        for (unsigned i = 0; i != filled_leaves; ++i) {
            if (!call::bind_page_table(start().root_table, own, links, base + i * filled_span, 1))
                continue;
            own = frame(start().memory);
            links = frame(start().memory);
        }
        post[filled] = post[filled] + 1;
        (void)call::yield();
    }
    post[finished] = 1;
    child::end(0);
}

void ends_under_it(const char* sentence, void (*filler)(std::uint64_t), std::uint64_t frames) {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t before = child::ended_count();
    child::Options options;
    options.memory_limit = 4;
    const child::Child giver = child::build(options);
    options.memory_limit = frames;
    const child::Child taker = child::started(filler, 0, options);
    giver.shared()[environment] = child::granted(giver, taker.environment, rights::read).value;
    while (taker.shared()[slot] == 0)
        (void)call::yield();
    giver.shared()[wanted] = taker.shared()[slot];
    (void)check::needed("starting the giver", child::start(giver, gives_memory));
    while (giver.shared()[granted] == 0)
        (void)call::yield();
    taker.shared()[granted] = giver.shared()[granted];
    while (taker.shared()[filled] < 3)
        (void)call::yield();
    giver.shared()[ends] = 1;
    for (unsigned i = 0; i != 100 && child::ended_count() == before; ++i)
        (void)call::yield();
    check::that(sentence, child::ended_count() != before && taker.shared()[finished] == 0);
    taker.shared()[over] = 1;
    (void)child::wait_for_end(before + 2);
    (void)call::drop(giver.memory);
    (void)call::drop(taker.memory);
    check::equal("and no frame is lost", facts().free_frames, free_before);
}

constexpr Case cases[] = {
    {"an extent is taken from one that never stops using it", false, 1, false, 0},
    {"so is a frame, with its translations", true, 1, false, 0},
    {"an extent from one that derives a new part for each request", false, 1, true, 0},
    {"a frame from one that derives a new binding for each request", true, 1, true, 0},
    {"an extent from three at once", false, 3, false, 0},
    {"a frame from three at once", true, 3, false, 0},
    {"an extent from three that derive", false, 3, true, 0},
    {"a frame from three that derive", true, 3, true, 0},
    {"an extent at the end of a chain of 29 derivations", false, 3, true, 28},
    {"a frame at the end of a chain of 29 derivations", true, 3, true, 28},
};

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    for (const Case& one : cases)
        run(one);
    growth(Growth::frame, frame(), "a holder runs on while a frame that it was lent is being taken",
           "and derives nothing more below it, nor starts a transfer there");
    growth(Growth::extent, start().disk, "one runs on while its extent is being taken",
           "and derives nothing more below it, nor starts a transfer there");
    growth(Growth::memory, start().memory, "one runs on while its memory is being taken",
           "and derives nothing more below it, nor binds a frame");
    ends_under_it("one ends whose memory is the links of a table that another goes on filling",
                  fills_a_leaf, 4);
    ends_under_it("and one whose memory is a table below which another goes on binding tables",
                  hangs_leaves, 2 * filled_leaves + 4);
    return check::verdict();
}
