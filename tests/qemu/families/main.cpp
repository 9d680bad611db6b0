// tests/qemu/families/main.cpp - environments that end together, and an end that somebody tries to
// outrun.
//
// Several creators end in one round, each with descendants that end because of it: all of them are
// cleaned up, in whatever order their steps come. And a leaf table of a dying address space that
// its creator goes on filling is taken all the same.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using child::Child;
using namespace world;
namespace call = libos::system_call;

namespace {

std::uint64_t ends = 0;

// An environment that is only an object, made from frames of `memory`.
bool make_object(abi::Capability memory) {
    abi::Capability frames[4];
    for (abi::Capability& one : frames)
        one = frame(memory);
    (void)child::describe_object(frames);
    return call::create_environment(batch).has_value();
}

void has_children(std::uint64_t count) {
    for (std::uint64_t i = 0; i != count; ++i)
        child::shared()[0] = child::shared()[0] + make_object(start().memory);
    child::end(0);
}

void together() {
    const std::uint64_t free_before = facts().free_frames;
    child::Options options;
    options.memory_limit = 64;
    for (const std::uint64_t children : {1u, 3u, 9u}) {
        Child made[3];
        for (Child& one : made)
            one = child::started(has_children, children, options);
        std::uint64_t created = 0;
        for (std::size_t i = 0; i != std::size(made); ++i)
            (void)child::wait_for_end(++ends);
        for (const Child& one : made)
            created += one.shared()[0];
        check::equal("three creators that end together had their children", created, 3 * children);
        check::equal("all of them are gone", facts().environments, 1);
        for (const Child& one : made)
            (void)call::drop(one.memory);
        check::equal("and no frame is lost", facts().free_frames, free_before);
    }
}

// The creator holds the leaf table of its child's image and installs in it whenever it can.
void refilled() {
    const std::uint64_t free_before = facts().free_frames;
    const Child made = child::started([](std::uint64_t) { child::end(0); });
    const abi::Capability extra = frame();
    bool ended = false;
    for (int round = 0; round != 200 && !ended; ++round) {
        for (std::uint64_t page = 0; page != 512; ++page)
            (void)call::install(made.low_leaf, abi::Vpn{page}, extra, abi::access::read_only);
        (void)call::yield();
        ended = facts().environments == 1;
    }
    check::that("an environment ends although its creator refills its tables", ended);
    (void)child::wait_for_end(++ends);
    (void)call::drop(extra);
    (void)call::drop(made.memory);
    check::equal("and nothing is lost", facts().free_frames, free_before);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    together();
    refilled();
    return check::verdict();
}
