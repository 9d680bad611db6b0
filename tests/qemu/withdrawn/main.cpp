// tests/qemu/withdrawn/main.cpp - what is withdrawn while somebody uses it: processor time under
// an environment that runs, memory under a call that binds frames; and a slot that was opened.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using abi::Error;
using child::Child;
using namespace world;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t stack = abi::layout::first_stack + 4 * abi::page_size - 8;

void counts(std::uint64_t) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        (void)call::yield();
    }
}

Value start_in(const Child& made, Capability time) {
    return call::start_environment(made.environment, reinterpret_cast<std::uint64_t>(&counts),
                                   stack, 0, time);
}

// How far it has come after some turns.
std::uint64_t after_turns(const Child& made) {
    for (unsigned i = 0; i != 8; ++i)
        (void)call::yield();
    return made.shared()[0];
}

void time_is_taken(const char* how, bool drops) {
    const std::uint64_t free_before = facts().free_frames;
    const Capability whole = derived(start().processor_time, rights::all, 20, 1);
    const Capability time = derived(whole, rights::all, 0, 1);
    child::Options options;
    options.memory_limit = 4;
    const Child made = child::build(options);
    (void)check::needed("starting", start_in(made, time));
    const std::uint64_t running = after_turns(made);
    (void)check::needed("taking its time", drops ? call::drop(time) : call::revoke(whole));
    const std::uint64_t stopped = after_turns(made);
    check::that(how, running != 0 && after_turns(made) == stopped);
    check::refused("nobody passes it the processor", call::yield_to(made.environment),
                   Error::not_present);
    check::refused("it is not started again", start_in(made, start().processor_time),
                   Error::occupied);
    check::equal(
        "what it is asked for is taken at once",
        call::request_revocation(made.memory, made.environment, made.own_memory, 2, 1'000'000)
            .value_or(0),
        2);
    const Child next = child::build();
    check::succeeds("its position is free", start_in(next, whole));
    check::that("and who has it now runs", after_turns(next) != 0);
    check::succeeds("it can be destroyed", call::destroy_environment(made.environment, 0));
    check::succeeds("and so can the next", call::destroy_environment(next.environment, 0));
    (void)call::drop(made.memory);
    (void)call::drop(next.memory);
    (void)call::drop(whole);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

// Asked for something while it runs, it loses its time while the asker waits: by a handler of the
// asker's, when something else ends. It cannot comply any more.
void ignores(std::uint64_t memory) {
    (void)call::bind_frames(Capability{memory}, abi::any_frame, 3, batch);
    counts(0);
}
Capability asked_time;
bool on_end(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    (void)call::drop(asked_time);
    return false;
}

void asked_and_stopped() {
    const std::uint64_t free_before = facts().free_frames;
    child::Options options;
    options.memory_limit = 4;
    const Child asked = child::build(options);
    asked_time = derived(start().processor_time, rights::all, 20, 1);
    (void)check::needed("starting",
                        call::start_environment(asked.environment,
                                                reinterpret_cast<std::uint64_t>(&ignores), stack,
                                                asked.own_memory.value, asked_time));
    (void)call::yield();
    const LibosHandler before = libos_handle_environment_ended;
    libos_handle_environment_ended = on_end;
    const Child ends = child::started([](std::uint64_t) { child::end(0); });
    const Value seen =
        call::request_revocation(asked.memory, asked.environment, asked.own_memory, 4, 1ull << 40);
    libos_handle_environment_ended = before;
    check::equal("a request to one that loses its time meanwhile ends by force", seen.value_or(0),
                 1 | 3ull << 32);
    (void)call::destroy_environment(asked.environment, 0);
    (void)call::drop(asked.memory);
    (void)call::drop(ends.memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

// -- memory under a call --------------------------------------------------------------------------

enum Word : unsigned { error, value };

void binds_many(std::uint64_t memory) {
    volatile std::uint64_t* const post = child::shared();
    std::uint64_t rax = static_cast<std::uint64_t>(Call::bind_frames);
    std::uint64_t rdi = memory;
    std::uint64_t rsi = abi::any_frame;
    std::uint64_t rdx = 200;
    register std::uint64_t r8 asm("r8") = 0;
    register std::uint64_t r9 asm("r9") = 0;
    asm volatile("syscall"
                 : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9)
                 :
                 : "rcx", "r10", "r11", "memory");
    post[value] = rdx;
    post[error] = rax;
    child::end(0);
}

void memory_is_taken() {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    child::Options options;
    options.table_frames = 8;
    const Child made = child::build(options);
    const Capability part = derived(start().memory, rights::all, 0, 200);
    const Capability its = child::granted(made, part, rights::all);
    const std::uint64_t free_then = facts().free_frames;
    child::give_slice(made, 40'000);
    (void)check::needed("starting", child::start(made, binds_many, its.value));
    while (facts().free_frames == free_then)
        (void)call::yield();
    const std::uint64_t bound_by_then = free_then - facts().free_frames;
    (void)check::needed("revoking its memory", call::revoke(part));
    (void)child::wait_for_end(ended + 1);
    check::that("a call that binds frames is interrupted half-way", bound_by_then < 200);
    check::equal("and refused when its memory is gone", made.shared()[error],
                 static_cast<std::uint64_t>(Error::revoked));
    check::equal("its value says how many frames were not bound", made.shared()[value],
                 200 - bound_by_then);
    (void)call::drop(part);
    (void)call::drop(made.memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

void slots() {
    const Value opened = call::open_slot();
    check::succeeds("a slot is opened", opened);
    check::refused("a name that it might get is none of its own",
                   call::drop({opened.value_or(0) | 1ull << 62}), Error::no_binding);
    check::succeeds("dropping it closes it", call::drop({opened.value_or(0)}));
    check::refused("once", call::drop({opened.value_or(0)}), Error::no_binding);
    check::refused("nothing is granted to it any more",
                   call::grant(start().console, start().self, opened.value_or(0), rights::write),
                   Error::occupied);
    check::equal("it is the next that is opened", call::open_slot().value_or(0),
                 opened.value_or(1));
    (void)call::drop({opened.value_or(0)});
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    time_is_taken("an environment whose processor time is revoked stops", false);
    time_is_taken("so does one whose time is given back by who started it", true);
    asked_and_stopped();
    memory_is_taken();
    slots();
    return check::verdict();
}
