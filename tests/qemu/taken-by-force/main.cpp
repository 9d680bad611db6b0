// tests/qemu/taken-by-force/main.cpp - the abort protocol for everything that a libOS can have made
// of its frames: page tables, a ring, buffers of transfers under way, pages that others see too;
// and for extents and single frames. What was taken is told, once each, or counted.

#include "tests/qemu/taken-by-force/taken.hpp"

using namespace taken_by_force;

namespace {

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

void asked_again() {
    const child::Child made = receiver(receivers::refuses, {.frames = 4, .guaranteed = 3}, 1, 8);
    const auto asks_for = [&](std::uint32_t count) {
        return receivers::ask_for_both(made.memory, made, made.own_memory, count, short_time).value;
    };
    check::equal("of six frames four were not in use, one is taken, one is guaranteed", asks_for(6),
                 given_taken(4, 1));
    check::equal("asked for one more, both that are missing are counted", asks_for(1),
                 given_taken(0, 0));
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

void too_late() {
    const child::Child made = receiver(complies_too_late, {.frames = 2}, 2, 3);
    const std::uint64_t before = facts().free_frames;
    check::equal("who gives back while force waits for the device has given back",
                 ask(made, 1).value_or(0), given_taken(0, 1));
    receivers::wait_for(made.shared()[0], 3);
    const volatile std::uint64_t* const told = reported(made);
    check::equal("what the device was at is its holder's again", told[1], 0);
    check::equal("to give back as well", told[2], 0);
    check::equal("and both are free", facts().free_frames, before + 2);
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

} // namespace

int application_main(libos::Arguments) {
    open();
    disk::open();
    const std::uint64_t before = facts().free_frames;
    tables();
    guaranteed_table();
    asked_again();
    passed_on();
    ring();
    under_transfers();
    too_late();
    untold();
    bad_places();
    shared_frame();
    extents();
    hiding();
    check::equal("no frame is lost", facts().free_frames, before);
    return check::verdict();
}
