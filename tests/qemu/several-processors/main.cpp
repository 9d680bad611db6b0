// tests/qemu/several-processors/main.cpp - one environment on each of four processors.
//
// They run at the same time; what one does to what another has reaches it where it runs: the end,
// the loss of its time, a frame that is taken back.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/processors.hpp"

using child::Child;
using namespace world;
using processors::pause;
using processors::rises_above;
using processors::time_of;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t count = 4;   // of processors
constexpr std::uint64_t turns = 100; // of the pauses below; the emulator passes the turn on at each
std::uint64_t ends = 0;

Child started_on(std::uint64_t processor, void (*function)(std::uint64_t), std::uint64_t argument,
                 const child::Options& options = {}) {
    const Child made = child::build(options);
    (void)check::needed("starting a child on a processor",
                        child::start(made, function, argument, time_of(processor)));
    return made;
}

// Counts in word 0 until word 1 says that it is enough.
void counts(std::uint64_t) {
    while (child::shared()[1] == 0) {
        child::shared()[0] = child::shared()[0] + 1;
        pause();
    }
    child::end(child::shared()[1]);
}

void at_once() {
    check::equal("the processors that run", facts().processors, count);
    Child made[count];
    for (std::uint64_t i = 1; i != count; ++i)
        made[i] = started_on(i, counts, 0);
    for (std::uint64_t i = 1; i != count; ++i)
        check::that("a child runs while its creator spins",
                    rises_above(made[i].shared()[0], turns));
    for (std::uint64_t i = 1; i != count; ++i) {
        made[i].shared()[1] = 10 + i;
        check::equal("and ends when it is told to", child::wait_for_end(++ends).status, 10 + i);
    }
    for (std::uint64_t i = 1; i != count; ++i)
        (void)call::drop(made[i].memory);
    check::refused("there is no processor behind the last",
                   call::derive(start().processor_time, rights::control,
                                count * abi::positions_per_processor, 1),
                   abi::Error::out_of_range);
}

// Whoever loops for ever in ring 3 is reached all the same.
void loops(std::uint64_t) {
    for (;;)
        child::shared()[0] = child::shared()[0] + 1;
}

void ended_where_it_runs() {
    const std::uint64_t free_before = facts().free_frames;
    const Child made = started_on(2, loops, 0);
    check::that("a child loops", rises_above(made.shared()[0], 0));
    check::succeeds("its creator destroys it", call::destroy_environment(made.environment, 7));
    check::equal("and is told so", child::wait_for_end(++ends).status, 7);
    (void)call::drop(made.memory);
    const std::uint64_t seen = facts().free_frames;
    check::equal("nothing is lost", seen, free_before);
}

void stopped_where_it_runs() {
    const Child made = child::build();
    const abi::Capability time = time_of(3);
    (void)check::needed("starting a child", child::start(made, loops, 0, time));
    check::that("a child loops", rises_above(made.shared()[0], 0));
    check::succeeds("its time is taken back", call::drop(time));
    const std::uint64_t then = made.shared()[0];
    for (std::uint64_t i = 0; i != turns; ++i)
        pause();
    check::equal("and it has stopped", made.shared()[0], then);
    (void)call::destroy_environment(made.environment, 0);
    (void)child::wait_for_end(++ends);
    (void)call::drop(made.memory);
}

// Reads a frame that it shares, until it reads what it must never see.
constexpr std::uint64_t mine = 0x1111, not_yours = 0x2222;
void reads(std::uint64_t at) {
    const auto& word = *reinterpret_cast<volatile std::uint64_t*>(at);
    for (;;) {
        const std::uint64_t value = word;
        child::shared()[0] = child::shared()[0] + 1;
        if (value != mine)
            child::shared()[2] = value;
        pause();
    }
}

// A frame that is mapped on all processors is taken back and used anew.
void taken_where_it_runs() {
    constexpr std::uint64_t at = 0x1e'0000;
    constexpr unsigned page = 300;
    const abi::Capability lent = frame();
    (void)install(page, lent);
    words(page)[0] = mine;
    Child made[count];
    for (std::uint64_t i = 1; i != count; ++i) {
        made[i] = child::build();
        child::map(made[i].low_leaf, at, derived(lent, rights::read | rights::grant),
                   access::read_only);
        (void)check::needed("starting a reader", child::start(made[i], reads, at, time_of(i)));
    }
    for (std::uint64_t i = 1; i != count; ++i)
        check::that("a child reads what it shares", rises_above(made[i].shared()[0], turns));
    const std::uint64_t before = facts().shootdowns;
    check::succeeds("what was derived from the frame is taken back", call::revoke(lent));
    words(page)[0] = not_yours;
    check::equal("on each of the other processors the TLB was flushed", facts().shootdowns - before,
                 count - 1);
    for (std::uint64_t i = 1; i != count; ++i) {
        // It faults and has no handler.
        (void)child::wait_for_end(++ends);
        check::equal("nobody has read what was written after that", made[i].shared()[2], 0);
    }
    for (std::uint64_t i = 1; i != count; ++i)
        (void)call::drop(made[i].memory);
    (void)remove(page);
    (void)call::drop(lent);
}

// Nothing has to be flushed for it: its holder is held only because its hot paths read the name.
void taken_from_who_runs() {
    const abi::Capability lent = frame();
    const Child made = child::build();
    (void)child::granted(made, lent, rights::read);
    (void)check::needed("starting a child", child::start(made, counts, 0, time_of(1)));
    check::that("a child runs that has been given a frame", rises_above(made.shared()[0], turns));
    check::succeeds("it is taken back", call::revoke(lent));
    made.shared()[1] = 20;
    check::equal("and the child goes on", child::wait_for_end(++ends).status, 20);
    (void)call::drop(made.memory);
    (void)call::drop(lent);
}

// Which tables are changed without the kernel's lock: those that one binding names, in the hands of
// whom they translate for.
bool is_unshared(abi::Capability table) { return (rights_of(entry_of(table)) & 1u << 15) != 0; }

void unshared_tables() {
    const abi::Capability table{libos::bind_leaf_table(playground + 0x20'0000)};
    check::that("a leaf table of its own is unshared", is_unshared(table));
    const abi::Capability copy = derived(table, rights::write | rights::grant);
    check::that("with a second binding neither is", !is_unshared(table) && !is_unshared(copy));
    const Child made = child::build();
    check::that("nor is one in another address space", !is_unshared(made.low_leaf));
    const abi::Capability one = frame();
    for (const abi::Capability way : {table, copy}) {
        check::succeeds("through each of them a page is installed",
                        call::install(way, abi::Vpn{7}, one, access::write));
        check::succeeds("changed", call::change(way, abi::Vpn{7}, 1, access::read_only));
        check::succeeds("and removed", call::remove(way, abi::Vpn{7}));
    }
    check::refused("where there is none, that is said", call::remove(copy, abi::Vpn{7}),
                   abi::Error::not_present);
    (void)call::drop(one);
    (void)call::destroy_environment(made.environment, 0);
    (void)child::wait_for_end(++ends);
    (void)call::drop(made.memory);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    at_once();
    ended_where_it_runs();
    stopped_where_it_runs();
    taken_where_it_runs();
    taken_from_who_runs();
    unshared_tables();
    return check::verdict();
}
