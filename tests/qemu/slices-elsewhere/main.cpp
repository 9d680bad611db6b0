// tests/qemu/slices-elsewhere/main.cpp - slices of four processors: an environment has those of
// one, and runs on another only in the rest of a slice that it was handed.

#include "tests/qemu/support/slices.hpp"

using abi::Capability;
using abi::Error;
using child::Child;
using namespace world;
using processors::pause;
using processors::rises_above;
using slices::counts;
using slices::position;
using slices::with_slice;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t ticks = 50'000;
constexpr std::uint64_t turns = 100;
std::uint64_t ends = 0;

// Counts its turns, and gives each up at once.
void gives_up(std::uint64_t) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        (void)call::yield();
    }
}

void finish(const Child& made) {
    (void)call::destroy_environment(made.environment, 0);
    (void)child::wait_for_end(++ends);
    (void)call::drop(made.memory);
}

void take_turns() {
    const Child one = with_slice(counts, position(1, 0), 2 * ticks);
    const Child two = with_slice(counts, position(1, 5), ticks);
    for (std::uint64_t i = 0; i != 3; ++i) {
        check::that("one of two on another processor runs",
                    rises_above(one.shared()[0], one.shared()[0] + turns));
        check::that("and the other one after it",
                    rises_above(two.shared()[0], two.shared()[0] + turns));
    }
    check::refused("who has a slice on a processor gets none on another",
                   call::bind_slice(two.environment, start().processor_time, position(2, 5), ticks),
                   Error::busy);
    check::refused("nor by being started again",
                   child::start(two, counts, 0, start().processor_time), Error::occupied);
    finish(one);
    finish(two);
}

void moves() {
    const Child made = child::build();
    const Capability time = derived(start().processor_time, rights::all, position(2, 0), 64);
    (void)check::needed("binding", call::bind_slice(made.environment, time, position(2, 3), ticks));
    (void)check::needed("starting", child::start(made, counts, 0, {}));
    check::that("it runs", rises_above(made.shared()[0], turns));
    check::succeeds("its slice is given back while it runs", call::drop(time));
    const std::uint64_t then = made.shared()[0];
    for (std::uint64_t i = 0; i != turns; ++i)
        pause();
    check::equal("it has stopped", made.shared()[0], then);
    check::succeeds(
        "it gets one on another processor",
        call::bind_slice(made.environment, start().processor_time, position(3, 0), ticks));
    check::that("and goes on there", rises_above(made.shared()[0], then + turns));
    finish(made);
}

void handed_across() {
    const Child busy = with_slice(counts, position(1, 0), abi::longest_slice);
    check::that("a processor has somebody who does not give it up",
                rises_above(busy.shared()[0], 0));
    const Child waits = with_slice(gives_up, position(1, 1), ticks);
    for (std::uint64_t i = 0; i != turns; ++i)
        pause();
    check::equal("so another one there does not run", waits.shared()[0], 0);
    for (std::uint64_t i = 1; i != 4; ++i) {
        check::succeeds("it is handed the rest of a slice of this processor",
                        call::yield_to(waits.environment));
        check::equal("and has run here", waits.shared()[0], i);
    }
    check::refused("who runs is not handed another slice", call::yield_to(busy.environment),
                   Error::not_present);
    finish(busy);
    check::that("when its own processor is free it runs there",
                rises_above(waits.shared()[0], 3 + turns));
    finish(waits);
}

// Says in word 4 that somebody else has counted meanwhile, which can only be itself.
void counts_alone(std::uint64_t) {
    for (std::uint64_t own = 1;; ++own) {
        child::shared()[0] = own;
        pause();
        if (child::shared()[0] != own)
            child::shared()[4] = own;
    }
}

void never_on_two() {
    const Child busy = with_slice(counts, position(1, 0), abi::least_slice);
    const Child alone = with_slice(counts_alone, position(1, 1), abi::least_slice);
    (void)rises_above(alone.shared()[0], 0);
    (void)call::bind_slice({}, start().processor_time, 0, 8 * ticks);
    unsigned handed = 0;
    for (std::uint64_t i = 0; i != 100 * turns && handed != 8; ++i) {
        handed += call::yield_to(alone.environment).has_value() ? 1 : 0;
        pause();
    }
    (void)call::bind_slice({}, start().processor_time, 0, abi::longest_slice);
    check::equal("an environment runs here while its own slices come and go elsewhere", handed, 8);
    check::equal("and never on both", alone.shared()[4], 0);
    finish(busy);
    finish(alone);
}

// Two processors pass an environment to and fro, its own one as well.
void hands_on(std::uint64_t to) {
    for (;;) {
        child::shared()[0] += call::yield_to({to}).has_value() ? 1 : 0;
        pause();
    }
}

void passed_to_and_fro() {
    const Child busy = with_slice(counts, position(1, 0), ticks);
    const Child ball = with_slice(gives_up, position(1, 1), ticks);
    Child players[2];
    for (std::uint64_t i = 0; i != 2; ++i) {
        players[i] = child::build();
        const Capability name = child::granted(players[i], ball.environment, rights::control);
        (void)check::needed("binding",
                            call::bind_slice(players[i].environment, start().processor_time,
                                             position(2 + i, 0), ticks));
        (void)check::needed("starting", child::start(players[i], hands_on, name.value, {}));
    }
    for (const Child& player : players)
        check::that("each of two processors hands an environment on that a third one runs",
                    rises_above(player.shared()[0], turns));
    const std::uint64_t then = ball.shared()[0];
    check::that("which goes on", rises_above(ball.shared()[0], then + turns));
    check::succeeds("it is destroyed, wherever it runs now",
                    call::destroy_environment(ball.environment, 0));
    (void)child::wait_for_end(++ends);
    (void)call::drop(ball.memory);
    for (const Child& player : players)
        finish(player);
    finish(busy);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    const std::uint64_t free_before = facts().free_frames;
    take_turns();
    moves();
    handed_across();
    never_on_two();
    passed_to_and_fro();
    check::equal("no frame is lost", facts().free_frames, free_before);
    return check::verdict();
}
