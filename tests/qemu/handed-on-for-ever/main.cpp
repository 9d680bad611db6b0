// tests/qemu/handed-on-for-ever/main.cpp - who was handed the rest of a slice without an end, when
// that slice is taken back.

#include "tests/qemu/support/slices.hpp"

using abi::Capability;
using child::Child;
using namespace world;
using processors::pause;
using processors::rises_above;
using slices::bind;
using slices::counts;
using slices::hands_on;
using slices::position;
namespace call = libos::system_call;

namespace {

// How the slice ends: its processor time is dropped, or its owner destroyed.
void stopped(const char* how, bool by_force) {
    const Capability lent = derived(start().processor_time, rights::all, position(1, 0), 1);
    const Child heir = child::build();
    bind(heir, position(0, 1), abi::least_slice);
    (void)check::needed("starting", child::start(heir, counts, 0, {}));
    const Child owner = child::build();
    const Capability name = child::granted(owner, heir.environment, rights::control);
    (void)check::needed("starting", child::start(owner, hands_on, name.value, lent));
    check::that("a slice without an end is handed on to one of another processor",
                rises_above(heir.shared()[0], 100));
    const Child waits = child::build();
    bind(waits, position(1, 7), abi::least_slice);
    (void)check::needed("starting", child::start(waits, counts, 0, {}));
    if (by_force)
        (void)call::destroy_environment(owner.environment, 0);
    else
        (void)call::drop(lent);
    for (std::uint64_t i = 0; i != 100'000; ++i)
        pause();
    check::that(how, waits.shared()[0] > 0);
    const std::uint64_t then = heir.shared()[0];
    for (std::uint64_t i = 0; i != 1000; ++i)
        pause();
    check::equal("and the heir has stopped", heir.shared()[0], then);
    (void)call::destroy_environment(heir.environment, 0);
    (void)call::destroy_environment(waits.environment, 0);
    if (!by_force)
        (void)call::destroy_environment(owner.environment, 0);
    else
        (void)call::drop(lent);
    for (const Child& one : {heir, owner, waits})
        (void)call::drop(one.memory);
}
} // namespace

int application_main(libos::Arguments) {
    open();
    stopped("its processor time is taken back, and who waits there runs", false);
    stopped("its owner is destroyed, and who waits there runs", true);
    return check::verdict();
}
