// tests/qemu/forced-saving/main.cpp - what can go wrong while the contents of frames that were
// taken are being saved: the write fails (blkdebug refuses block 5), the device has no place, the
// holder dies or is destroyed. The frames become free all the same, and nobody waits for ever.

#include "tests/qemu/support/receivers.hpp"

using abi::Error;
using abi::RepossessionState;
using namespace world;
namespace call = libos::system_call;
using receivers::given_taken;

namespace {

enum Word : unsigned { slots = 16, is_saving = 24, has_given, place, is_reading, last_part };

constexpr std::uint64_t state_of(RepossessionState state, Error error = {}) {
    return static_cast<std::uint64_t>(state) | static_cast<std::uint64_t>(error) << 8;
}

// What a holder does when the first of its frames is being saved.
enum Then : std::uint64_t { goes_on, dies, gives_two };

// Refuses; reports the first eight slots of its vector, and that one is being saved.
void refuses(std::uint64_t then) {
    receivers::settle();
    volatile std::uint64_t* const words = child::shared();
    for (;; (void)call::yield())
        for (unsigned i = 0; i != 8; ++i) {
            const volatile abi::Repossession& slot = receivers::vector().slots[i];
            words[slots + i] = static_cast<std::uint64_t>(slot.state) | slot.error << 8;
            if (slot.state != RepossessionState::saving)
                continue;
            if (then == gives_two && words[is_saving] == 0)
                words[has_given] = call::drop(receivers::held[0]) && call::drop(receivers::held[1]);
            words[is_saving] = 1;
            if (then == dies)
                child::end(7);
        }
}

constexpr std::uint64_t seen_address = 0x1d'0000; // another one's shared page

void destroys_whose_frames_are_saved(std::uint64_t) {
    const auto* const seen = reinterpret_cast<const volatile std::uint64_t*>(seen_address);
    while (seen[is_saving] == 0)
        (void)call::yield();
    (void)call::destroy_environment(Capability{child::shared()[5]}, 42);
    child::end(0);
}

// Lends a console to one that is being made, and asks for it when that one has given what another
// asked for, but is still being saved.
void asks_meanwhile(std::uint64_t) {
    const auto* const seen = reinterpret_cast<const volatile std::uint64_t*>(seen_address);
    volatile std::uint64_t* const words = child::shared();
    const Capability holder{words[5]};
    const auto lent = call::grant(Capability{words[6]}, holder, 0, rights::write);
    words[0] = 1;
    while (seen[has_given] == 0)
        (void)call::yield();
    const auto asked = call::request_revocation(Capability{words[6]}, holder,
                                                Capability{lent.value_or(0)}, 1, 1000);
    words[7] = asked ? 0 : static_cast<std::uint64_t>(asked.error());
    child::end(0);
}

// Its place lies in an extent that it was lent, in which it reads meanwhile.
void reads_beside_its_place(std::uint64_t) {
    volatile std::uint64_t* const words = child::shared();
    disk::open(frame());
    const Capability buffer = frame();
    const Capability lent{words[place]};
    // What is derived last goes first; the other has its name as long as that is waited for.
    const Capability last{call::derive(lent, rights::read | rights::write, 0, 8).value_or(0)};
    const Capability first{call::derive(lent, rights::read, 0, 8).value_or(0)};
    receivers::settle();
    receivers::vector().slots[0].extent = last;
    for (std::uint32_t i = 0; i != 16; ++i)
        disk::push(abi::IoOperation::read, first, i % 8, buffer);
    (void)call::submit_io();
    words[last_part] = last.value;
    words[is_reading] = 1;
    for (;; (void)call::yield()) {
        const volatile abi::Repossession& slot = receivers::vector().slots[0];
        words[slots] = static_cast<std::uint64_t>(slot.state) | slot.error << 8;
    }
}

// Lends an extent to one that is being made, and takes it back when that one reads through it.
void takes_the_place(std::uint64_t) {
    volatile std::uint64_t* const words = child::shared();
    const Capability extent{words[6]};
    words[7] =
        call::grant(extent, Capability{words[5]}, 0, rights::all & ~rights::execute).value_or(0);
    words[0] = 1;
    receivers::wait_for(words[8], 1);
    words[9] = 1;
    words[10] = call::revoke(extent).has_value() ? 1 : 2;
    child::end(0);
}

child::Child with_places(std::uint64_t frames, Then then = goes_on) {
    const child::Child made = receivers::built(frames + 1);
    receivers::start_receiver(made, refuses, {.frames = frames, .places = frames}, 1, then);
    return made;
}

void one_write_fails() {
    const child::Child made = with_places(8);
    const std::uint64_t before = facts().free_frames;
    check::equal("frames are taken though the write of one fails",
                 receivers::ask(made, 7).value_or(0), given_taken(0, 7));
    check::equal("all of them are free", facts().free_frames, before + 7);
    (void)call::yield();
    (void)call::yield();
    check::equal("its holder is told which one is not saved, and why", made.shared()[slots + 5],
                 state_of(RepossessionState::failed, Error::io_error));
    bool others = true;
    for (std::uint32_t i = 0; i != 7; ++i)
        others =
            others && (i == 5 || (made.shared()[slots + i] == state_of(RepossessionState::saved) &&
                                  receivers::first_word_of(i) == 1007 - i));
    check::that("the others are saved", others);
    check::equal("it can be asked again", receivers::ask(made, 1).value_or(0), given_taken(0, 1));
    receivers::finish(made);
}

void the_device_is_full() {
    const child::Child made = with_places(3);
    const Capability target = frame();
    for (std::uint64_t i = 0; i != abi::io_in_flight_limit; ++i)
        disk::push(abi::IoOperation::read, start().disk, 9, target, i);
    check::equal("the asker itself has every place of the device", call::submit_io().value_or(0),
                 abi::io_in_flight_limit);
    check::equal("frames are taken when there is a place to save them",
                 receivers::ask(made, 3, 1000).value_or(0), given_taken(0, 3));
    std::uint64_t errors = 0;
    for (std::uint64_t i = 0; i != abi::io_in_flight_limit; ++i)
        errors += disk::next().error;
    check::equal("the transfers before those went on", errors, 0);
    bool saved = true;
    for (std::uint32_t i = 0; i != 3; ++i)
        saved = saved && receivers::first_word_of(i) == 1002 - i;
    check::that("and all are saved", saved);
    receivers::finish(made);
    (void)call::drop(target);
}

void its_holder_dies() {
    const child::Child made = with_places(5, dies);
    const std::uint64_t ended = child::ended_count();
    check::refused("who dies while its frames are saved has ended", receivers::ask(made, 3),
                   Error::ended);
    check::equal("by itself", child::wait_for_end(ended + 1).status, 7);
    (void)call::drop(made.memory);
    (void)call::drop(made.disk_part);
    check::equal("what was begun is saved all the same", receivers::first_word_of(0), 1004);
}

void its_holder_is_destroyed() {
    const child::Child made = with_places(6);
    const child::Child other = child::build({});
    child::map(other.low_leaf, seen_address, made.shared_frame, access::read_only);
    other.shared()[5] = child::granted(other, made.environment, rights::control).value;
    (void)check::needed("starting", child::start(other, destroys_whose_frames_are_saved));
    const std::uint64_t ended = child::ended_count();
    check::refused("who is destroyed while its frames are saved has ended", receivers::ask(made, 3),
                   Error::ended);
    (void)child::wait_for_end(ended + 2);
    check::equal("what was begun is saved as well", receivers::first_word_of(0), 1005);
    (void)call::drop(made.memory);
    (void)call::drop(made.disk_part);
    (void)call::drop(other.memory);
}

void asked_while_saved() {
    const std::uint64_t ended = child::ended_count();
    const child::Child made = receivers::built(5);
    const child::Child other = child::build({});
    child::map(other.low_leaf, seen_address, made.shared_frame, access::read_only);
    other.shared()[5] = child::granted(other, made.environment, rights::control).value;
    other.shared()[6] = child::granted(other, start().console, rights::all).value;
    (void)check::needed("starting", child::start(other, asks_meanwhile));
    receivers::wait_for(other.shared()[0], 1);
    receivers::start_receiver(made, refuses, {.frames = 4, .places = 4}, 1, gives_two);
    check::succeeds("who gives while it is saved has given", receivers::ask(made, 2));
    (void)child::wait_for_end(ended + 1);
    check::equal("nobody else asks it before all is saved", other.shared()[7],
                 static_cast<std::uint64_t>(Error::busy));
    receivers::finish(made);
    (void)call::drop(other.memory);
}

void the_place_is_being_taken() {
    const std::uint64_t ended = child::ended_count();
    const child::Child made = receivers::built(8);
    const child::Child other = child::build({});
    const Capability extent = derived(start().disk, rights::all & ~rights::execute, 16, 8);
    other.shared()[5] = child::granted(other, made.environment, rights::control).value;
    other.shared()[6] = child::granted(other, extent, rights::all & ~rights::execute).value;
    (void)check::needed("starting", child::start(other, takes_the_place));
    receivers::wait_for(other.shared()[0], 1);
    made.shared()[place] = other.shared()[7];
    receivers::start_receiver(made, reads_beside_its_place, {.frames = 1, .places = 1});
    receivers::wait_for(made.shared()[is_reading], 1);
    other.shared()[8] = 1;
    receivers::wait_for(other.shared()[9], 1);
    (void)call::yield();
    check::refused("nobody is asked for what is being taken",
                   call::request_revocation(extent, made.environment,
                                            Capability{made.shared()[last_part]}, 1, 1000),
                   Error::revoked);
    check::equal("a frame is taken while the place for it is being taken, too",
                 receivers::ask_for_both(made.memory, made, made.own_memory, 5, 1000).value,
                 given_taken(4, 1));
    check::equal("which waits for a transfer", other.shared()[10], 0);
    (void)child::wait_for_end(ended + 1);
    (void)call::yield();
    check::equal("nothing begins there any more", made.shared()[slots],
                 state_of(RepossessionState::failed, Error::revoked));
    receivers::finish(made);
    (void)call::drop(other.memory);
    (void)call::drop(extent);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    disk::open();
    const Counts before = counts();
    one_write_fails();
    the_device_is_full();
    its_holder_dies();
    its_holder_is_destroyed();
    asked_while_saved();
    the_place_is_being_taken();
    check::that("nothing is lost", counts() == before);
    return check::verdict();
}
