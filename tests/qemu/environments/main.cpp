// tests/qemu/environments/main.cpp - the life of environments: create, start, arguments, passing
// the processor, end and notice, destroy in every state, descendants, and nothing lost after
// hundreds of them.

#include <utility>

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/receivers.hpp"

using abi::EndReason;
using abi::Error;
using child::Child;
using namespace world;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t number(EndReason reason) { return static_cast<std::uint64_t>(reason); }

std::uint64_t ends = 0; // environments of ours that have ended
abi::EndNotice next_end() { return child::wait_for_end(++ends); }

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

    const Child first = child::started(takes_turns, 1);
    const Child second = child::started(takes_turns, 1);
    check::succeeds("yield_to passes the processor", call::yield_to(second.environment));
    check::equal("to the environment that it names", second.shared()[0], 1);
    check::equal("and not to the one in between", first.shared()[0], 0);
    (void)next_end();
    (void)next_end();
    check::equal("the other one's turn comes as well", first.shared()[0], 1);
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
    check::refused("a limit below 1,000 is out_of_range",
                   call::set_limit(never.environment, abi::Limit::yield, 999), Error::out_of_range);
    check::refused("a limit above 2^40 is out_of_range",
                   call::set_limit(never.environment, abi::Limit::yield, (1ull << 40) + 1),
                   Error::out_of_range);
    check::refused("an unknown kind of limit is refused",
                   invoke(Call::set_limit, never.environment.value, 2, 5000),
                   Error::invalid_argument);
    check::succeeds("an environment that was never started can be destroyed",
                    call::destroy_environment(never.environment, 3));
    check::equal("the notice says so", next_end().reason, number(EndReason::destroyed));
    (void)call::drop(never.memory);

    const Child runaway = child::build();
    check::succeeds("a limit is set for one that will loop for ever",
                    call::set_limit(runaway.environment, abi::Limit::yield, limited));
    (void)child::start(runaway, loops);
    (void)call::yield();
    check::that("the processor comes back from it", true);
    check::succeeds("it is destroyed while it could run",
                    call::destroy_environment(runaway.environment, 4));
    check::equal("and told of", next_end().status, 4);
    (void)call::drop(runaway.memory);

    const Child longer = child::build();
    (void)call::set_limit(longer.environment, abi::Limit::yield, limited);
    (void)child::start(longer, outlasts_its_limit);
    (void)call::yield();
    check::equal("a limit ends one turn", longer.shared()[0], 0);
    (void)call::yield();
    check::equal("and no later one: it is used up", longer.shared()[0], 1);
    (void)next_end();
    (void)call::drop(longer.memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

// -- descendants ------------------------------------------------------------------------------

// Makes a child of its own (object only) and waits; or ends and leaves it behind.
void has_a_child(std::uint64_t ends_by_itself) {
    const Capability memory = start().memory;
    auto& request = *libos::request_area::at<abi::CreateEnvironment>(batch);
    Capability frames[4];
    for (Capability& one : frames)
        one = frame(memory);
    request = {};
    request.object_frames[0] = frames[0];
    request.object_frames[1] = frames[1];
    request.root_frame = frames[2];
    request.table_frames = 1;
    request.table[0] = frames[3];
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

// -- state of the processor -------------------------------------------------------------------

// Fills every vector register and the x87 stack, yields, and counts what came back different.
struct alignas(64) Vectors {
    std::uint64_t lanes[16][4];
    std::uint64_t x87; // a double
    std::uint64_t fs, gs;
};

std::uint64_t differences_after_yield(std::uint64_t seed) {
    static Vectors before;
    static Vectors after;
    for (unsigned i = 0; i != 16; ++i)
        for (unsigned j = 0; j != 4; ++j)
            before.lanes[i][j] = seed * 0x0101'0101'0101'0101 + std::uint64_t{i} * 16 + j;
    before.x87 = 0x4005'bf0a'8b14'5769 + (seed << 20);
    asm volatile("wrfsbase %0\n wrgsbase %1" : : "r"(seed << 20), "r"(seed << 21));
    asm volatile(R"(
        finit
        fldl 512(%0)
        vmovdqa   0(%0), %%ymm0
        vmovdqa  32(%0), %%ymm1
        vmovdqa  64(%0), %%ymm2
        vmovdqa  96(%0), %%ymm3
        vmovdqa 128(%0), %%ymm4
        vmovdqa 160(%0), %%ymm5
        vmovdqa 192(%0), %%ymm6
        vmovdqa 224(%0), %%ymm7
        vmovdqa 256(%0), %%ymm8
        vmovdqa 288(%0), %%ymm9
        vmovdqa 320(%0), %%ymm10
        vmovdqa 352(%0), %%ymm11
        vmovdqa 384(%0), %%ymm12
        vmovdqa 416(%0), %%ymm13
        vmovdqa 448(%0), %%ymm14
        vmovdqa 480(%0), %%ymm15
        xor %%edi, %%edi
        xor %%esi, %%esi
        xor %%edx, %%edx
        xor %%r8d, %%r8d
        xor %%r9d, %%r9d
        mov $20, %%eax          # yield
        syscall
        vmovdqa %%ymm0,    0(%1)
        vmovdqa %%ymm1,   32(%1)
        vmovdqa %%ymm2,   64(%1)
        vmovdqa %%ymm3,   96(%1)
        vmovdqa %%ymm4,  128(%1)
        vmovdqa %%ymm5,  160(%1)
        vmovdqa %%ymm6,  192(%1)
        vmovdqa %%ymm7,  224(%1)
        vmovdqa %%ymm8,  256(%1)
        vmovdqa %%ymm9,  288(%1)
        vmovdqa %%ymm10, 320(%1)
        vmovdqa %%ymm11, 352(%1)
        vmovdqa %%ymm12, 384(%1)
        vmovdqa %%ymm13, 416(%1)
        vmovdqa %%ymm14, 448(%1)
        vmovdqa %%ymm15, 480(%1)
        fstpl 512(%1)
        vzeroupper
    )"
                 :
                 : "b"(&before), "r"(&after)
                 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    asm volatile("rdfsbase %0\n rdgsbase %1" : "=r"(after.fs), "=r"(after.gs));
    std::uint64_t different = after.fs != seed << 20;
    different += after.gs != seed << 21;
    different += before.x87 != after.x87;
    for (unsigned i = 0; i != 16; ++i)
        for (unsigned j = 0; j != 4; ++j)
            different += before.lanes[i][j] != after.lanes[i][j];
    return different;
}

void fills_registers(std::uint64_t seed) {
    std::uint64_t different = 0;
    for (int i = 0; i != 20; ++i)
        different += differences_after_yield(seed + static_cast<std::uint64_t>(i));
    child::shared()[0] = different;
    child::end(0);
}

void vectors() {
    std::uint64_t fresh[2];
    const Child made = child::started(fills_registers, 100);
    const Child other = child::started(fills_registers, 200);
    std::uint64_t different = 0;
    for (int i = 0; i != 25; ++i)
        different += differences_after_yield(static_cast<std::uint64_t>(i) + 3);
    (void)next_end();
    (void)next_end();
    check::equal("FPU, SSE and AVX registers, FS and GS base survive switches in one environment",
                 different, 0);
    check::equal("in another", made.shared()[0], 0);
    check::equal("and in a third", other.shared()[0], 0);
    (void)call::drop(made.memory);
    (void)call::drop(other.memory);
    asm volatile("vpcmpeqd %%ymm7, %%ymm7, %%ymm7" : : : "memory");
    const Child last = child::started([](std::uint64_t) {
        asm volatile("vmovdqu %%ymm7, (%0)" : : "r"(child::shared_address) : "memory");
        asm volatile("rdfsbase %0"
                     : "=r"(*reinterpret_cast<std::uint64_t*>(child::shared_address + 32)));
        child::end(0);
    });
    for (unsigned i = 0; i != 5; ++i)
        last.shared()[i] = 9;
    (void)next_end();
    fresh[0] = last.shared()[0] | last.shared()[3];
    fresh[1] = last.shared()[4];
    check::equal("a new environment finds nothing of others in its vector registers", fresh[0], 0);
    check::equal("nor in its FS base", fresh[1], 0);
    (void)call::drop(last.memory);
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

void creation_errors() {
    const std::uint64_t free_before = facts().free_frames;
    auto& request = *libos::request_area::at<abi::CreateEnvironment>(batch);
    Capability frames[5];
    for (Capability& one : frames)
        one = frame();
    const auto fill_in = [&] {
        request = {};
        request.object_frames[0] = frames[0];
        request.object_frames[1] = frames[1];
        request.root_frame = frames[2];
        request.table_frames = 1;
        request.table[0] = frames[3];
    };
    const auto attempt_it = [&] { return call::create_environment(batch); };
    fill_in();
    request.root_frame = frames[1];
    check::refused("a frame cannot be donated twice", attempt_it(), Error::invalid_argument);
    fill_in();
    request.table_frames = 0;
    check::refused("a capability table of no frames is out_of_range", attempt_it(),
                   Error::out_of_range);
    request.table_frames = 3;
    check::refused("so is one of three", attempt_it(), Error::out_of_range);
    request.table_frames = 64;
    check::refused("and one of 64", attempt_it(), Error::out_of_range);
    request.table_frames = 1ull << 32;
    check::refused("and one of 2^32", attempt_it(), Error::out_of_range);
    fill_in();
    request.table_frames = 2;
    request.table[0] = frames[4];
    request.table[1] = frames[3];
    check::refused("frames of the table that do not follow each other are refused", attempt_it(),
                   Error::invalid_argument);
    fill_in();
    (void)install(0, frames[2]);
    check::refused("a frame that is mapped is busy", attempt_it(), Error::busy);
    (void)world::remove(0);
    fill_in();
    const Capability child_binding = derived(frames[3], rights::read);
    check::refused("a frame that was derived from is busy", attempt_it(), Error::busy);
    fill_in();
    request.table[0] = derived(frames[4], rights::read | rights::write);
    check::refused("a derived frame is busy", attempt_it(), Error::busy);
    fill_in();
    request.table[0] = derived(frames[4], rights::read);
    check::refused("a frame without the right to write is access_denied", attempt_it(),
                   Error::access_denied);
    fill_in();
    request.object_frames[1] = start().pe_frame;
    check::refused("the caller's own PE page is busy", attempt_it(), Error::busy);
    fill_in();
    request.object_frames[1] = start().console;
    check::refused("a capability of another kind is no_binding", attempt_it(), Error::no_binding);
    check::refused("a request beyond the request area is out_of_range",
                   call::create_environment(abi::request_area_bytes - 288), Error::out_of_range);
    check::refused("at an offset of all ones too", call::create_environment(~0ull),
                   Error::out_of_range);
    check::refused("a misaligned request is refused", call::create_environment(batch + 4),
                   Error::invalid_argument);
    check::equal("none of them created anything", facts().environments, 1);
    (void)call::drop(child_binding);
    bool all_there = true;
    for (const Capability one : frames)
        all_there = call::drop(one).has_value() && all_there;
    check::that("none of them took a frame", all_there);
    check::equal("and none is lost", facts().free_frames, free_before);
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
    return check::verdict();
}
