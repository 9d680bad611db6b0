// tests/qemu/taken-by-force/main.cpp - the abort protocol for everything that a libOS can have made
// of its frames: page tables, a ring, buffers of transfers under way, pages that others see too;
// and for extents and single frames. What was taken is told, once each, or counted.

#include "tests/qemu/support/receivers.hpp"

using abi::Error;
using abi::Kind;
using abi::RepossessionState;
using namespace world;
namespace call = libos::system_call;
using check::Value;
using receivers::ask;
using receivers::built;
using receivers::finish;
using receivers::given_taken;
using receivers::open_own_ring;
using receivers::receiver;
using receivers::short_time;
using receivers::start_receiver;

namespace {

constexpr std::uint64_t for_ever = std::uint64_t{1} << 40;

// -- receivers ---------------------------------------------------------------------------------

// Words 16 on of the shared page: what a receiver reports in the end.
volatile std::uint64_t* report() { return child::shared() + 16; }

// Waits until something was taken, then reports: slots used, and of the first eight their kind and
// state; frames still mapped.
[[noreturn]] void reports_losses() {
    const volatile auto& pe = libos::processor_environment();
    while (pe.repossessed + pe.unrecorded == 0)
        (void)call::yield();
    for (;;) {
        (void)call::yield();
        report()[0] = pe.repossessed;
        report()[1] = pe.unrecorded;
        for (unsigned i = 0; i != 8 && receivers::has_vector(); ++i) {
            report()[8 + i] = static_cast<std::uint64_t>(receivers::vector().slots[i].kind);
            report()[16 + i] = static_cast<std::uint64_t>(receivers::vector().slots[i].state);
        }
        std::uint64_t mapped = 0;
        for (unsigned i = 0; i != receivers::orders()[0]; ++i)
            mapped += (translation(receivers::first_page * abi::page_size + i * abi::page_size) &
                       abi::translation::present) != 0
                          ? 1
                          : 0;
        report()[2] = mapped;
    }
}

void only_refuses(std::uint64_t) {
    receivers::settle();
    reports_losses();
}

// Turns all its frames but the first into leaf tables and their links.
void builds_tables(std::uint64_t) {
    receivers::settle();
    constexpr std::uint64_t far = 0x40'0000'0000;
    for (unsigned i = 1; i + 1 < receivers::orders()[0]; i += 2) {
        for (const unsigned page : {i, i + 1})
            (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + page});
        const Capability root = start().root_table;
        if (i == 1) { // the upper table takes one frame and leaves one
            (void)call::bind_page_table(root, receivers::held[1], {}, far, 2);
            continue;
        }
        const auto leaf = call::bind_page_table(root, receivers::held[i], receivers::held[i + 1],
                                                far + (std::uint64_t{i} << 21), 1);
        (void)call::install(Capability{leaf.value_or(0)}, abi::Vpn{0}, receivers::held[0],
                            access::write);
    }
    child::shared()[0] = 2;
    reports_losses();
}

// A guaranteed page, seen through a guaranteed leaf under an upper table that is not.
void guarantees_a_table(std::uint64_t) {
    receivers::settle();
    constexpr std::uint64_t far = 0x40'0000'0000;
    for (const unsigned page : {1u, 2u, 3u})
        (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + page});
    const Capability root = start().root_table;
    (void)call::bind_page_table(root, receivers::held[1], {}, far, 2);
    const Capability table{
        call::bind_page_table(root, receivers::held[2], receivers::held[3], far, 1).value_or(0)};
    if (!call::install(table, abi::Vpn{0}, receivers::held[0], access::read_only) ||
        !call::guarantee(table))
        child::end(95);
    child::shared()[0] = 2;
    for (;; (void)call::yield())
        report()[3] = report()[3] + *reinterpret_cast<volatile std::uint64_t*>(far) - 999;
}

// Passes its newest frame on to two others, and never touches it itself.
void passes_a_frame_on(std::uint64_t) {
    receivers::settle();
    (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + 1});
    if (!call::drop(receivers::held[1]))
        child::end(95);
    const Capability lent = frame();
    volatile std::uint64_t* const words = child::shared();
    for (unsigned i : {0u, 1u})
        words[20 + i] = check::needed(
            "granting", call::grant(lent, Capability{words[16 + i]}, words[18 + i], rights::all));
    words[0] = 2;
    for (;; (void)call::yield()) {
        words[24] = receivers::vector().slots[0].bits;
        words[25] = static_cast<std::uint64_t>(receivers::vector().slots[0].state);
    }
}

// One of the others.
void writes_what_it_is_lent(std::uint64_t) {
    volatile std::uint64_t* const words = child::shared();
    words[6] = check::needed("opening a slot", call::open_slot());
    words[0] = 1;
    while (words[7] == 0)
        (void)call::yield();
    (void)call::install(start().low_table, abi::Vpn{receivers::first_page}, Capability{words[7]},
                        access::write);
    receivers::page_of_frame(0)[words[5]] = 4242 + words[5];
    words[0] = 2;
    for (;;)
        (void)call::yield();
}

// The second of its two frames is its ring.
void has_a_ring(std::uint64_t) {
    receivers::settle();
    (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + 1});
    open_own_ring(receivers::held[1]);
    child::shared()[0] = 2;
    const volatile auto& pe = libos::processor_environment();
    while (pe.repossessed < 2)
        (void)call::yield();
    const auto doorbell = call::submit_io();
    child::end(doorbell ? 0 : static_cast<std::uint64_t>(doorbell.error()));
}

// Reads into half of its frames and writes from the others, without end: each frame has two
// transfers, and the next one begins before the other has ended.
void keeps_the_disk_busy(std::uint64_t) {
    receivers::settle();
    open_own_ring(frame());
    child::shared()[0] = 2;
    const volatile auto& pe = libos::processor_environment();
    const auto begin = [](std::uint64_t i) {
        disk::push(i % 2 == 0 ? abi::IoOperation::read : abi::IoOperation::write, start().disk,
                   static_cast<std::uint32_t>(8 + i % 8), receivers::held[i], i);
        (void)call::submit_io();
    };
    for (int twice = 0; twice != 2; ++twice)
        for (unsigned i = 0; i != receivers::orders()[0]; ++i)
            begin(i);
    for (std::uint64_t turn = 0;; ++turn) {
        begin(disk::next().cookie);
        report()[3] = turn;
        report()[0] = pe.repossessed;
        (void)call::yield();
    }
}

// Names places that are not its own to write: the exokernel must not write there.
void names_bad_places(std::uint64_t) {
    receivers::settle();
    const Capability weak = derived(start().disk, rights::read, 0, 4);
    const Capability small = derived(start().disk, rights::read | rights::write, 0, 2);
    receivers::vector().slots[0].extent = weak;
    receivers::vector().slots[1].extent = small;
    receivers::vector().slots[1].block = 2;
    receivers::vector().slots[2].extent = Capability{0x1234'5678'9abc'def0};
    child::shared()[0] = 2;
    const volatile auto& pe = libos::processor_environment();
    for (;;) {
        (void)call::yield();
        report()[0] = pe.repossessed;
        for (unsigned i = 0; i != 3; ++i)
            report()[8 + i] = receivers::vector().slots[i].error;
    }
}

// -- asking --------------------------------------------------------------------------------------

// After three turns: its deadline may have come just before it passed on, then it sees that
// something was taken, then it reports.
volatile std::uint64_t* reported(const child::Child& by) {
    for (int turn = 0; turn != 3; ++turn)
        (void)call::yield();
    return by.shared() + 16;
}

constexpr auto lost = static_cast<std::uint64_t>(RepossessionState::lost);

void tables() {
    // Nine frames and the vector: one upper table, one frame left over, three leaves with links.
    const child::Child made = receiver(builds_tables, {.frames = 9, .bare_slots = 16}, 2, 10);
    check::equal("page tables go when frames are not enough", ask(made, 8).value_or(0),
                 given_taken(0, 8));
    const volatile std::uint64_t* const told = reported(made);
    check::that("its holder is told of them as of frames",
                told[0] >= 5 && told[8 + 2] == static_cast<std::uint64_t>(Kind::page_table));
    check::equal("the libOS lives on", made.shared()[0], 2);
    finish(made);
}

void guaranteed_table() {
    const child::Child made =
        receiver(guarantees_a_table, {.frames = 7, .guaranteed = 1, .bare_slots = 8}, 2, 8);
    const receivers::Outcome outcome =
        receivers::ask_for_both(made.memory, made, made.own_memory, 8, short_time);
    check::equal("a guaranteed table, its links and those above it are spared", outcome.value,
                 given_taken(0, 4)); // three frames and the vector
    check::equal("and what is missing is told", outcome.error,
                 static_cast<std::uint64_t>(Error::limit_reached));
    const std::uint64_t turn = reported(made)[3];
    (void)call::yield();
    check::that("its holder still sees the page behind it", reported(made)[3] > turn);
    finish(made);
}

void passed_on() {
    const Counts before = counts();
    const child::Child made = built(3);
    child::Child users[2];
    for (unsigned i : {0u, 1u}) {
        users[i] = receiver(writes_what_it_is_lent, {}, 1, 1);
        made.shared()[16 + i] = child::granted(made, users[i].environment, 0).value;
        made.shared()[18 + i] = users[i].shared()[6];
    }
    start_receiver(made, passes_a_frame_on, {.frames = 2, .places = 1}, 2);
    for (unsigned i : {0u, 1u}) {
        users[i].shared()[5] = i;
        users[i].shared()[7] = made.shared()[20 + i];
        receivers::wait_for(users[i].shared()[0], 2);
    }
    const std::uint64_t free = facts().free_frames;
    check::equal("a frame is taken that was passed on to two others", ask(made, 1).value_or(0),
                 given_taken(0, 1));
    check::equal("it is free", facts().free_frames, free + 1);
    (void)call::yield();
    (void)call::yield();
    check::equal("what others may have written counts as written",
                 made.shared()[24] & abi::translation::dirty, abi::translation::dirty);
    check::equal("its contents are saved", made.shared()[25],
                 static_cast<std::uint64_t>(RepossessionState::saved));
    check::equal("with what one of them wrote", receivers::first_word_of(0), 4242);
    for (const child::Child& user : users)
        check::refused("they have it no more",
                       call::request_revocation(made.memory, user.environment,
                                                Capability{user.shared()[7]}, 1, short_time),
                       Error::revoked);
    for (const child::Child& one : {made, users[0], users[1]})
        finish(one);
    check::that("and nothing is lost", counts() == before);
}

void ring() {
    const child::Child made = receiver(has_a_ring, {.frames = 2, .bare_slots = 8}, 2, 3);
    const std::uint64_t ended = child::ended_count();
    check::equal("so does a ring", ask(made, 2).value_or(0), given_taken(0, 2));
    check::equal("its holder has none any more", child::wait_for_end(ended + 1).status,
                 static_cast<std::uint64_t>(Error::not_present));
    (void)call::drop(made.memory);
}

void under_transfers() {
    const Capability full = frame();
    (void)install(30, full);
    fill(30, 0xf111);
    for (std::uint32_t block = 8; block != 16; ++block)
        (void)disk::perform(abi::IoOperation::write, start().disk, block, full);
    (void)remove(30);
    (void)call::drop(full);
    const child::Child made =
        receiver(keeps_the_disk_busy, {.frames = 12, .places = 4, .bare_slots = 16}, 2, 14);
    const std::uint64_t before = facts().free_frames;
    check::equal("frames under transfers are taken when those have ended",
                 ask(made, 12).value_or(0), given_taken(0, 12));
    check::equal("and are free", facts().free_frames, before + 12);
    Capability again[12];
    for (unsigned i = 0; i != 12; ++i) {
        again[i] = frame();
        (void)install(64 + i, again[i]);
    }
    for (int i = 0; i != 100; ++i)
        (void)call::yield();
    bool untouched = true;
    for (unsigned i = 0; i != 12; ++i) {
        untouched = all(64 + i, 0) && untouched;
        (void)remove(64 + i);
        (void)call::drop(again[i]);
    }
    check::that("nothing arrives in them any more, whoever has them now", untouched);
    check::equal("their holder is told of each", reported(made)[0], 12);
    const std::uint64_t turn = made.shared()[19];
    for (int i = 0; i != 200 && made.shared()[19] == turn; ++i)
        (void)call::yield();
    check::that("and goes on", made.shared()[19] != turn);
    finish(made);
}

void untold() {
    const child::Child without = receiver(only_refuses, {.frames = 4}, 1, 4);
    (void)ask(without, 3);
    check::equal("without a vector losses are counted", reported(without)[1], 3);
    finish(without);
    const child::Child full = receiver(only_refuses, {.frames = 6, .bare_slots = 2}, 1, 7);
    (void)ask(full, 5);
    const volatile std::uint64_t* const told = reported(full);
    check::equal("a vector that is full tells of as many as it can", told[0], 2);
    check::equal("the others are counted", told[1], 3);
    check::equal("what has no place is lost", told[16], lost);
    check::equal("what was taken is not mapped any more", told[2], 1);
    finish(full);
}

void bad_places() {
    const child::Child made = receiver(names_bad_places, {.frames = 4, .bare_slots = 3}, 2, 5);
    check::equal("frames are taken whatever places their holder names", ask(made, 3).value_or(0),
                 given_taken(0, 3));
    const volatile std::uint64_t* const told = reported(made);
    check::equal("an extent without the right to write is no place", told[8],
                 static_cast<std::uint64_t>(Error::access_denied));
    check::equal("nor is a block behind the extent", told[9],
                 static_cast<std::uint64_t>(Error::out_of_range));
    check::equal("nor what is no capability", told[10],
                 static_cast<std::uint64_t>(Error::no_binding));
    finish(made);
}

// A frame of the test's own, mapped a thousand times by three environments.
constexpr unsigned mappings_each = 334;

void maps_it(std::uint64_t) {
    const Capability table = frame();
    const Capability links = frame();
    const auto leaf = call::bind_page_table(start().root_table, table, links, 0x3000'0000, 1);
    for (unsigned i = 0; i != mappings_each; ++i)
        if (!call::install(Capability{leaf.value_or(0)}, abi::Vpn{i},
                           Capability{child::shared()[5]}, access::read_only))
            child::end(94);
    child::shared()[0] = 1;
    for (;;)
        (void)call::yield();
}

void shared_frame() {
    const Capability page = frame();
    child::Child users[3];
    for (child::Child& user : users) {
        child::Options options;
        options.memory_limit = 2;
        user = child::build(options);
        user.shared()[5] = child::granted(user, page, rights::read).value;
        (void)check::needed("starting", child::start(user, maps_it));
        while (user.shared()[0] == 0)
            (void)call::yield();
    }
    const Capability first{users[0].shared()[5]};
    check::equal(
        "one of three that share a frame is asked and refuses",
        call::request_revocation(page, users[0].environment, first, 1, short_time).value_or(0),
        given_taken(0, 1));
    check::refused("it has the frame no more",
                   call::request_revocation(page, users[0].environment, first, 1, short_time),
                   Error::revoked);
    check::succeeds("the owner can still map it", install(9, page));
    check::refused(
        "it cannot be dropped with others by `drop_frames`",
        [&]() -> Value {
            *bound() = page;
            const std::uint64_t failed = check::needed("dropping", call::drop_frames(batch, 1));
            if (failed == 0)
                return 0;
            return std::unexpected(static_cast<Error>(bound()->value));
        }(),
        Error::busy);
    const Capability second = frame();
    disk::push(abi::IoOperation::read, start().disk, 1, second);
    (void)call::submit_io();
    bound()[0] = second;
    (void)call::drop_frames(batch, 1);
    check::equal("nor can one that a transfer is under way to", bound()[0].value,
                 static_cast<std::uint64_t>(Error::busy));
    (void)disk::next();
    (void)call::drop(second);
    check::succeeds("all others lose it at once by `revoke`", call::revoke(page));
    (void)remove(9);
    *bound() = page;
    check::equal("then it can", call::drop_frames(batch, 1).value_or(9), 0);
    check::refused("and is gone", install(9, page), Error::revoked);
    for (const child::Child& user : users)
        finish(user);
}

void gives_its_extent(std::uint64_t) {
    child::shared()[0] = 1;
    while (!receivers::is_asked())
        (void)call::yield();
    const volatile auto& pe = libos::processor_environment();
    if (pe.revoke_binding.value != start().disk.value || pe.revoke_count != 1)
        child::end(95);
    (void)call::drop(start().disk);
    for (;;)
        (void)call::yield();
}

void extents() {
    const auto ask_extent = [](const child::Child& of) {
        return call::request_revocation(start().disk, of.environment, of.own_disk, 1, short_time);
    };
    const Capability weak = derived(start().disk, rights::read | rights::grant, 0, 4);
    const child::Child lent = child::build({});
    const Capability theirs = child::granted(lent, weak, rights::read);
    check::refused("whoever may not revoke may not ask either",
                   call::request_revocation(weak, lent.environment, theirs, 1, short_time),
                   Error::access_denied);
    check::equal(
        "whoever may, may",
        call::request_revocation(start().disk, lent.environment, theirs, 1, short_time).value_or(0),
        given_taken(0, 1));
    finish(lent);
    const child::Child loses = built(4);
    const Capability part = derived(start().disk, rights::all, 0, 4);
    (void)child::granted(loses, part, rights::read);
    start_receiver(loses, only_refuses, {.frames = 1, .bare_slots = 2});
    check::succeeds("`revoke` takes without asking", call::revoke(part));
    check::equal("and its victim is told", reported(loses)[8],
                 static_cast<std::uint64_t>(Kind::disk_extent));
    finish(loses);
    const child::Child gives = receiver(gives_its_extent, {});
    check::equal("an extent is given back when asked for", ask_extent(gives).value_or(0),
                 given_taken(1, 0));
    finish(gives);
    const child::Child refuses = receiver(only_refuses, {.frames = 1, .bare_slots = 4});
    check::equal("or taken", ask_extent(refuses).value_or(0), given_taken(0, 1));
    const volatile std::uint64_t* const told = reported(refuses);
    check::equal("and told of", told[8], static_cast<std::uint64_t>(Kind::disk_extent));
    check::refused("it cannot be asked for twice", ask_extent(refuses), Error::revoked);
    const child::Child busy = receiver(keeps_the_disk_busy, {.frames = 8}, 2);
    check::equal("under transfers it is taken when those have ended", ask_extent(busy).value_or(0),
                 given_taken(0, 1));
    finish(busy);
    finish(refuses);
}

// Lends one of its frames to a third one and asks it back with all the time in the world, so that
// it is never there to be asked itself.
void hides_behind_another(std::uint64_t) {
    receivers::settle();
    const Capability other{child::shared()[5]};
    const Capability part = derived(start().memory, rights::all, 0, 1);
    const std::uint64_t theirs =
        check::needed("lending", call::grant(part, other, child::shared()[6], rights::all));
    child::shared()[7] = theirs;
    child::shared()[0] = 2;
    while (child::shared()[24] == 0) // until the other has bound the frame
        (void)call::yield();
    child::shared()[0] = 3;
    const Value result = call::request_revocation(part, other, Capability{theirs}, 1, for_ever);
    child::shared()[25] = 1 + result.value_or(99);
    reports_losses();
}

// Binds a frame of what it is lent and keeps it.
void keeps_what_it_is_lent(std::uint64_t) {
    child::shared()[6] = check::needed("opening a slot", call::open_slot());
    child::shared()[0] = 1;
    while (child::shared()[7] == 0)
        (void)call::yield();
    child::shared()[24] = frame(Capability{child::shared()[7]}).value;
    for (;;)
        (void)call::yield();
}

void hiding() {
    const child::Child other = receiver(keeps_what_it_is_lent, {});
    child::Options options;
    options.memory_limit = 5;
    const child::Child hider = child::build(options);
    hider.shared()[8] = 4;
    hider.shared()[5] = child::granted(hider, other.environment, 0).value;
    hider.shared()[6] = other.shared()[6];
    (void)check::needed("starting", child::start(hider, hides_behind_another));
    while (hider.shared()[0] != 2)
        (void)call::yield();
    other.shared()[7] = hider.shared()[7];
    while (other.shared()[24] == 0)
        (void)call::yield();
    hider.shared()[24] = 1;
    while (hider.shared()[0] != 3)
        (void)call::yield();
    for (int i = 0; i != 10; ++i)
        (void)call::yield();
    check::equal("an environment waits long for what it asks of another", hider.shared()[25], 0);
    check::refused("meanwhile nobody else may ask that one",
                   call::request_revocation(hider.memory, other.environment,
                                            Capability{hider.shared()[7]}, 1, short_time),
                   Error::busy);
    // What comes back from the other one counts as given.
    check::equal("it is asked itself, and cannot hide behind that", ask(hider, 3).value_or(0),
                 given_taken(1, 2));
    (void)call::yield();
    (void)call::yield();
    check::equal("what it asked for was taken at once", hider.shared()[25], 1 + given_taken(0, 1));
    finish(hider);
    finish(other);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    disk::open();
    const std::uint64_t before = facts().free_frames;
    tables();
    guaranteed_table();
    passed_on();
    ring();
    under_transfers();
    untold();
    bad_places();
    shared_frame();
    extents();
    hiding();
    check::equal("no frame is lost", facts().free_frames, before);
    return check::verdict();
}
