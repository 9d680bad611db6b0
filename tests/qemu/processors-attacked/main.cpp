// tests/qemu/processors-attacked/main.cpp - what libOSes on several processors try together.
//
// A frame that is read through a TLB after it has been given back; a limit that is never armed
// because its target waited for the kernel's lock as it was set; a clean-up that stands still
// because the processor that was at it has somebody else to run.

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

std::uint64_t ends = 0;

void end(const Child& made) {
    (void)call::destroy_environment(made.environment, 0);
    (void)child::wait_for_end(++ends);
    (void)call::drop(made.memory);
}

// ---- the TLB of who shares its table ------------------------------------------------------------

constexpr std::uint64_t shared_range = 0x2000'0000;
constexpr std::uint64_t index = 350;
constexpr std::uint64_t mine = 0x1111, not_yours = 0x5ec2e7;
// Words of the page that both see.
enum Word : std::uint8_t { phase = 1, order = 2, creator = 3, slot = 4, table = 5, seen = 6 };

// Keeps a binding of its own leaf table, and passes a second one on.
void shares_its_table(std::uint64_t) {
    volatile std::uint64_t* const shared = child::shared();
    const abi::Capability links = frame();
    const abi::Capability leaf_table{
        *call::bind_page_table(start().root_table, frame(), links, shared_range, 1)};
    const abi::Capability copy = derived(leaf_table, rights::write | rights::grant);
    shared[table] = call::grant(copy, abi::Capability{shared[creator]}, shared[slot], rights::write)
                        .value_or(0);
    shared[phase] = 1;
    while (shared[order] == 0)
        pause();
    const auto& word =
        *reinterpret_cast<volatile std::uint64_t*>(shared_range + index * abi::page_size);
    for (;;) {
        const std::uint64_t value = word;
        shared[phase] = 2;
        if (value != mine)
            shared[seen] = value;
        pause();
    }
}

void given_back_while_it_is_read() {
    child::Options options;
    options.memory_limit = 16;
    const Child made = child::build(options);
    made.shared()[creator] = child::granted(made, start().self, 0).value;
    made.shared()[slot] = check::needed("opening a slot", call::open_slot());
    (void)check::needed("starting the reader", child::start(made, shares_its_table, 0, time_of(1)));
    (void)rises_above(made.shared()[phase], 0);
    const abi::Capability foreign{made.shared()[table]};
    const abi::Capability lent = frame();
    const std::uint64_t number = pfn_of(lent);
    (void)install(index, lent);
    words(index)[0] = mine;
    (void)remove(index);
    check::succeeds("a frame is mapped in a table that its holder has twice",
                    call::install(foreign, abi::Vpn{index}, lent, access::read_only));
    made.shared()[order] = 1;
    (void)rises_above(made.shared()[phase], 1);
    check::equal("who runs on another processor reads it", made.shared()[phase], 2);
    *bound() = lent;
    check::succeeds("it is given back", call::drop_frames(batch, 1));
    check::succeeds("and bound anew",
                    invoke(abi::Call::bind_frames, start().memory.value, number, 1, batch));
    const abi::Capability again = *bound();
    (void)install(index, again);
    words(index)[0] = not_yours;
    // The reader faults and has no handler.
    (void)child::wait_for_end(++ends);
    check::equal("the reader has seen nothing of that", made.shared()[seen], 0);
    (void)remove(index);
    (void)call::drop(again);
    (void)call::drop(made.memory);
}

// ---- a limit that is set while its target waits for the lock
// ---------------------------------------

void takes_turns(std::uint64_t) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        for (int i = 0; i != 1000; ++i)
            pause();
        (void)call::yield();
    }
}

// Calls all the time, until it is told to compute for ever.
void calls(std::uint64_t) {
    while (child::shared()[1] == 0) {
        child::shared()[0] = child::shared()[0] + 1;
        (void)invoke(abi::Call::yield_to, 0);
    }
    for (;;)
        pause();
}

// Has the lock most of the time.
void keeps_the_lock(std::uint64_t) {
    const abi::Capability other{child::shared()[3]};
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        (void)invoke(abi::Call::set_entry, other.value, 6, 0x400000);
    }
}

void computes(std::uint64_t) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        pause();
    }
}

void limited_while_it_waits() {
    const abi::Capability time = time_of(1);
    const Child waits = child::build();
    const Child limited = child::build();
    const Child target = child::build();
    const Child busy = child::build();
    busy.shared()[3] = child::granted(busy, target.environment, rights::control).value;
    (void)child::start(waits, takes_turns, 0, time);
    (void)rises_above(waits.shared()[0], 0);
    (void)child::start(limited, calls, 0, time);
    (void)rises_above(limited.shared()[0], 100);
    (void)child::start(target, computes, 0, time_of(3));
    (void)child::start(busy, keeps_the_lock, 0, time_of(2));
    (void)rises_above(busy.shared()[0], 100);
    const std::uint64_t before = waits.shared()[0];
    check::succeeds("a length is set for the slice of who is in a call on another processor",
                    call::bind_slice(limited.environment, start().processor_time,
                                     abi::positions_per_processor + 1, 20'000));
    limited.shared()[1] = 1;
    (void)rises_above(waits.shared()[0], before);
    check::that("and ends its turn", waits.shared()[0] > before);
    for (const Child& one : {busy, target, limited, waits})
        end(one);
}

// ---- a clean-up on a processor with somebody to run
// -------------------------------------------------

// Lets the other one run, and never lets go of the processor again.
void yields_once(std::uint64_t) {
    child::shared()[0] = 1;
    while (child::shared()[1] == 0)
        pause();
    (void)call::yield();
    for (;;)
        pause();
}

void cleaned_up_elsewhere() {
    const abi::Capability time = time_of(1);
    const Child stays = child::build();
    const Child goes = child::build();
    (void)child::start(stays, yields_once, 0, time);
    (void)rises_above(stays.shared()[0], 0);
    (void)child::start(goes, computes, 0, time);
    stays.shared()[1] = 1;
    (void)rises_above(goes.shared()[0], 100);
    check::succeeds("who is destroyed is cleaned up, though its processor runs another one",
                    call::destroy_environment(goes.environment, 7));
    check::equal("its creator learns of it", child::wait_for_end(++ends).status, 7);
    (void)call::drop(goes.memory);
    end(stays);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    const std::uint64_t free_before = facts().free_frames;
    given_back_while_it_is_read();
    limited_while_it_waits();
    cleaned_up_elsewhere();
    check::equal("nothing is lost", facts().free_frames, free_before);
    return check::verdict();
}
