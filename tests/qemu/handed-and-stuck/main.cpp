// tests/qemu/handed-and-stuck/main.cpp - the machine goes on while somebody is runnable: one that
// ran elsewhere, in a slice that is gone.

#include "tests/qemu/support/slices.hpp"

using abi::Capability;
using child::Child;
using namespace world;
using processors::pause;
using slices::bind;
using slices::hands_on;
using slices::position;
namespace call = libos::system_call;

namespace {

// Gives its processor up for a while.
void makes_room(std::uint64_t) {
    for (int i = 0; i != 3000; ++i)
        pause();
    child::shared()[0] = 1;
    for (;;)
        (void)call::wait();
}
// Words: 1 the one that hands on, 2 the processor time of that.
void runs_elsewhere(std::uint64_t) {
    volatile std::uint64_t* const shared = child::shared();
    const Capability time{shared[2]};
    shared[3] =
        call::start_environment(Capability{shared[1]}, reinterpret_cast<std::uint64_t>(hands_on),
                                shared[4], shared[5], time)
            ? 1
            : 2;
    while (shared[6] == 0)
        pause();
    (void)call::yield();
    for (int i = 0; i != 20'000; ++i)
        pause();
    (void)call::drop(time);
    for (int i = 0; i != 20'000; ++i)
        pause();
    child::end(7);
}
} // namespace

int application_main(libos::Arguments) {
    open();
    const Child room = child::build();
    const Child giver = child::build();
    const Child moved = child::build();
    volatile std::uint64_t* const shared = moved.shared();
    shared[1] = child::granted(moved, giver.environment, rights::control).value;
    const Capability time = derived(start().processor_time, rights::all, position(2, 0), 1);
    shared[2] = child::granted(moved, time, rights::all).value;
    shared[4] = abi::layout::first_stack + 4 * abi::page_size - 8;
    shared[5] = child::granted(giver, moved.environment, rights::control).value;
    bind(moved, position(1, 1), abi::longest_slice);
    bind(room, position(1, 0), abi::longest_slice);
    (void)check::needed("starting", child::start(moved, runs_elsewhere, 0, {}));
    (void)check::needed("starting", child::start(room, makes_room, 0, {}));
    shared[6] = 1;
    check::equal("one whose slice there is gone goes on in its own, and ends",
                 child::wait_for_end(1).status, 7);
    check::that("it has been tried to hand it a slice", giver.shared()[0] > 0);
    return check::verdict();
}
