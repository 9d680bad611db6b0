// tests/qemu/environments/main.cpp - the life of environments: create, start, arguments, passing
// the processor, end and notice, destroy in every state, descendants, and nothing lost after
// hundreds of them.

#include <utility>

#include "tests/qemu/environments/environments.hpp"
#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/receivers.hpp"

using abi::EndReason;
using namespace environments;

namespace {

constexpr std::uint64_t number(EndReason reason) { return static_cast<std::uint64_t>(reason); }

void passes_argument(std::uint64_t argument) {
    auto& pe = libos::processor_environment();
    child::shared()[0] = argument;
    child::shared()[1] = pe.environment;
    child::shared()[2] = start().environment;
    child::shared()[3] = world::start().self.value;
    libos::print("a child prints through the console it was granted\n");
    child::end(0x1'0000'002a);
}

void begin_and_end() {
    const std::uint64_t free_before = facts().free_frames;
    const Child made = child::build();
    check::equal("two environments are alive", facts().environments, 2);
    check::refused("an environment that was not started cannot be given the processor",
                   call::yield_to(made.environment), Error::not_present);
    check::refused("nobody moves into another's address space, not even who made it",
                   call::switch_root(made.root), Error::invalid_argument);
    check::refused("an entry point in the kernel's half is refused",
                   invoke(Call::start_environment, made.environment.value, 0xffff'8000'0000'0000,
                          0x1000, 0, start().processor_time.value),
                   Error::invalid_argument);
    check::refused("a stack in the window is refused",
                   invoke(Call::start_environment, made.environment.value, abi::layout::image,
                          abi::user_end, 0, start().processor_time.value),
                   Error::invalid_argument);
    check::refused("a non-canonical entry point is refused",
                   invoke(Call::start_environment, made.environment.value, 1ull << 62, 0x1000, 0,
                          start().processor_time.value),
                   Error::invalid_argument);
    check::refused("processor time must be that",
                   invoke(Call::start_environment, made.environment.value, abi::layout::image,
                          0x1000, 0, start().memory.value),
                   Error::no_binding);
    check::succeeds("none of these started it", child::start(made, passes_argument, ~0ull - 5));
    check::refused("it can be started once", child::start(made, passes_argument, 1),
                   Error::occupied);
    check::refused("its PE page cannot be replaced then",
                   call::set_processor_environment(made.environment, batch), Error::busy);
    const abi::EndNotice notice = next_end();
    check::equal("the creator learns who ended", notice.environment, made.identity);
    check::equal("that it ended by itself", notice.reason, number(EndReason::ended));
    check::equal("and its whole status", notice.status, 0x1'0000'002a);
    check::equal("it got its argument", made.shared()[0], ~0ull - 5);
    check::equal("its PE page names it", made.shared()[1], made.identity);
    check::equal("so does its own capability", made.shared()[3], abi::make_capability(1, 1).value);
    check::equal("one environment is alive", facts().environments, 1);
    check::refused("its capability is revoked", call::yield_to(made.environment), Error::revoked);
    check::refused("for destroy as well", call::destroy_environment(made.environment, 1),
                   Error::revoked);
    check::refused("for grant as well",
                   call::grant(start().console, made.environment, 0, rights::write),
                   Error::revoked);
    check::refused("its page tables are revoked", call::remove(made.low_leaf, abi::Vpn{0x1f0}),
                   Error::revoked);
    check::succeeds("frames that its creator gave it are still the creator's",
                    call::drop(made.shared_frame));
    check::succeeds("the rest can be dropped at once", call::drop(made.memory));
    check::equal("and then no frame is lost", facts().free_frames, free_before);
}

// -- passing the processor --------------------------------------------------------------------

void takes_turns(std::uint64_t rounds) {
    volatile std::uint64_t* const log = child::shared();
    for (std::uint64_t i = 0; i != rounds; ++i) {
        log[8 + log[0]] = 2;
        log[0] = log[0] + 1;
        (void)call::yield();
    }
    child::end(0);
}

void turns() {
    const Child made = child::started(takes_turns, 5);
    volatile std::uint64_t* const log = made.shared();
    for (int i = 0; i != 5; ++i) {
        log[8 + log[0]] = 1;
        log[0] = log[0] + 1;
        (void)call::yield();
    }
    bool alternate = log[0] == 10;
    for (unsigned i = 0; i != 10; ++i)
        alternate = alternate && log[8 + i] == 1 + i % 2;
    check::that("two environments that yield take turns", alternate);
    (void)next_end();
    (void)call::drop(made.memory);

    const Child first = child::started(takes_turns, 3);
    const Child second = child::started(takes_turns, 3);
    check::succeeds("yield_to passes the processor", call::yield_to(second.environment));
    check::equal("the environment that it names has a turn more", second.shared()[0], 2);
    check::equal("than the one in between, which follows on the caller", first.shared()[0], 1);
    (void)next_end();
    (void)next_end();
    check::equal("which has all its turns as well", first.shared()[0], 3);
    (void)call::drop(first.memory);
    (void)call::drop(second.memory);

    const Child waits = child::started([](std::uint64_t) {
        (void)call::wait();
        child::end(1);
    });
    (void)call::yield();
    check::refused("an environment that waits cannot be given the processor",
                   call::yield_to(waits.environment), Error::not_present);
    check::succeeds("it can be destroyed while it waits",
                    call::destroy_environment(waits.environment, 17));
    const abi::EndNotice notice = next_end();
    check::equal("the notice has the destroyer's status", notice.status, 17);
    check::equal("and says destroyed", notice.reason, number(EndReason::destroyed));
    (void)call::drop(waits.memory);
}

void loops(std::uint64_t) {
    for (;;)
        asm volatile("pause");
}

constexpr std::uint64_t limited = 50'000;

// Needs the processor ten times as long as a limit allows, and gives it up at last.
void outlasts_its_limit(std::uint64_t) {
    for (std::uint64_t i = 0; i != 5 * limited; ++i)
        asm volatile("pause");
    child::shared()[0] = 1;
    child::end(0);
}

void limits_and_destroy() {
    const std::uint64_t free_before = facts().free_frames;
    const Child never = child::build();
    check::refused("a limit below 1,000 is out_of_range", call::set_limit(never.environment, 999),
                   Error::out_of_range);
    check::refused("a limit above 2^40 is out_of_range",
                   call::set_limit(never.environment, (1ull << 40) + 1), Error::out_of_range);
    check::succeeds("an environment that was never started can be destroyed",
                    call::destroy_environment(never.environment, 3));
    check::equal("the notice says so", next_end().reason, number(EndReason::destroyed));
    (void)call::drop(never.memory);

    const Child runaway = child::build();
    child::give_slice(runaway, limited);
    (void)child::start(runaway, loops);
    (void)call::yield();
    check::that("the processor comes back from it", true);
    check::succeeds("it is destroyed while it could run",
                    call::destroy_environment(runaway.environment, 4));
    check::equal("and told of", next_end().status, 4);
    (void)call::drop(runaway.memory);

    const Child longer = child::build();
    child::give_slice(longer, limited);
    (void)child::start(longer, outlasts_its_limit);
    (void)call::yield();
    check::equal("a slice ends one turn", longer.shared()[0], 0);
    while (longer.shared()[0] == 0)
        (void)call::yield();
    check::that("and the next ones go on where it was stopped", true);
    (void)next_end();
    (void)call::drop(longer.memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

// -- descendants ------------------------------------------------------------------------------

// Makes a child of its own (object only) and waits; or ends and leaves it behind.
void has_a_child(std::uint64_t ends_by_itself) {
    const Capability memory = start().memory;
    Capability frames[4];
    for (Capability& one : frames)
        one = frame(memory);
    (void)child::describe_object(frames);
    const Value made = call::create_environment(batch);
    child::shared()[0] = made ? 1 : static_cast<std::uint64_t>(made.error()) << 32;
    if (ends_by_itself != 0)
        child::end(0);
    for (;;)
        (void)call::yield();
}

void descendants() {
    const std::uint64_t free_before = facts().free_frames;
    child::Options options;
    options.memory_limit = 16;
    for (const bool by_itself : {false, true}) {
        const Child made = child::started(has_a_child, by_itself, options);
        (void)call::yield();
        if (!by_itself) {
            check::equal("a child can create environments of its own", made.shared()[0], 1);
            check::equal("three environments are alive", facts().environments, 3);
            check::succeeds("destroying it destroys them too",
                            call::destroy_environment(made.environment, 0));
        }
        (void)next_end();
        check::equal(by_itself ? "when it ends by itself they end as well"
                               : "one environment is alive",
                     facts().environments, 1);
        (void)call::drop(made.memory);
        check::equal("no frame is lost", facts().free_frames, free_before);
    }
}

// -- many -------------------------------------------------------------------------------------

// One that lives, with a ring, an extent and reads in flight, and goes at another moment each time:
// destroyed, with its memory, or by itself.
void live_and_die(unsigned i) {
    child::Options options;
    options.memory_limit = 17;
    options.disk_rights = rights::read;
    const Child made = child::build(options);
    const unsigned how = i % 3;
    const std::uint64_t turns = i / 3 % 7;
    (void)check::needed("starting",
                        child::start(made, receivers::reads_the_disk, how == 2 ? 1 + turns : 0));
    for (std::uint64_t turn = 0; turn != turns; ++turn)
        (void)call::yield();
    if (how == 0)
        (void)call::destroy_environment(made.environment, 0);
    else if (how == 1)
        (void)call::revoke(made.memory);
    (void)next_end();
    (void)call::drop(made.memory);
    (void)call::drop(made.disk_part);
}

bool every_place_is_free() {
    const Capability target = frame();
    for (std::uint64_t i = 0; i != abi::io_in_flight_limit; ++i)
        disk::push(abi::IoOperation::read, start().disk, 3, target, i);
    bool all = call::submit_io().value_or(0) == abi::io_in_flight_limit;
    for (std::uint64_t i = 0; i != abi::io_in_flight_limit; ++i)
        all = disk::next().error == 0 && all;
    return call::drop(target) && all;
}

void cycles() {
    const Counts before = counts();
    for (unsigned i = 0; i != 1000; ++i) {
        if (i % 4 == 0) {
            live_and_die(i / 4);
            continue;
        }
        const Child made = child::create(1, 8);
        if (i % 50 != 1) {
            (void)call::destroy_environment(made.environment, 0);
        } else {
            (void)call::drop(made.environment); // only the capability goes
            check::failures += facts().environments != 2;
            (void)call::revoke(made.memory); // and so it ends
        }
        (void)next_end();
        (void)call::drop(made.memory);
    }
    const Counts after = counts();
    check::equal("after 1,000 environments, of which 250 ran and read, one is alive",
                 after.environments, 1);
    check::equal("no frame is lost", after.free_frames, before.free_frames);
    check::equal("no slot of their creator", after.free_slots, before.free_slots);
    check::equal("nothing of its memory", after.memory_used, before.memory_used);
    check::that("and no place of the disk", every_place_is_free());
}

// One destruction within another: while the first waits, something else ends, and its upcall's
// handler destroys a third.
Capability third;
Value third_destroyed = std::unexpected(Error::not_present);

bool destroy_third(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    if (const Capability now = std::exchange(third, {}))
        third_destroyed = call::destroy_environment(now, 0);
    return false;
}

void ends_at_once(std::uint64_t) { child::end(0); }
void never_ends(std::uint64_t) {
    for (;;)
        (void)call::yield();
}

void nested_destruction() {
    const std::uint64_t free_before = facts().free_frames;
    const LibosHandler before = std::exchange(libos_handle_environment_ended, destroy_third);
    const child::Child first = child::started(never_ends);
    const child::Child other = child::started(ends_at_once);
    const child::Child last = child::started(never_ends);
    third = last.environment;
    check::succeeds("an environment is destroyed while another's end is told",
                    call::destroy_environment(first.environment, 0));
    check::succeeds("whose handler destroys a third", third_destroyed);
    libos_handle_environment_ended = before;
    check::equal("all are gone", facts().environments, 1);
    for (const child::Child& one : {first, other, last})
        (void)call::drop(one.memory);
    check::equal("and no frame is lost", facts().free_frames, free_before);
}

std::uint64_t selectors_now() {
    std::uint32_t ds = 0;
    std::uint32_t es = 0;
    std::uint32_t fs = 0;
    std::uint32_t gs = 0;
    asm volatile("mov %%ds, %0\n mov %%es, %1\n mov %%fs, %2\n mov %%gs, %3"
                 : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    return (ds & 0xffff) | std::uint64_t{es & 0xffff} << 16 | std::uint64_t{fs & 0xffff} << 32 |
           std::uint64_t{gs & 0xffff} << 48;
}

// What one environment loads into them is no channel to the next.
void selectors() {
    const Child made = child::started([](std::uint64_t) {
        asm volatile("mov %0, %%ds\n mov %0, %%es\n mov %0, %%fs\n mov %0, %%gs" : : "r"(0x2b));
        child::shared()[0] = 1;
        for (;;)
            (void)call::yield();
    });
    while (made.shared()[0] == 0)
        (void)call::yield();
    check::equal("segment selectors do not pass from one environment to the next", selectors_now(),
                 0);
    (void)invoke(abi::Call::destroy_environment, made.environment.value);
    (void)call::drop(made.memory);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    disk::open();
    begin_and_end();
    turns();
    limits_and_destroy();
    descendants();
    vectors();
    nested_destruction();
    creation_errors();
    cycles();
    selectors();
    return check::verdict();
}
