// tests/qemu/revocation-evaded/main.cpp - libOSes that do what they can to keep what they are asked
// for: they sleep, alone, behind a transfer that they are not told of, or in a call that waits for
// what never comes; or make of their frames what others stand on. An asker that has ended or
// changes what it asked for changes nothing.

#include "tests/qemu/support/receivers.hpp"

using abi::Error;
using namespace world;
namespace call = libos::system_call;
using check::Value;
using receivers::finish;
using receivers::given_taken;
using receivers::wait_for;

namespace {

constexpr std::uint64_t for_ever = std::uint64_t{1} << 40;

// -- receivers ---------------------------------------------------------------------------------

void forget_what_is_pending() {
    const_cast<volatile std::uint32_t&>(libos::processor_environment().pending) = 0;
}

void sleeps(std::uint64_t) {
    receivers::settle();
    for (;;) {
        forget_what_is_pending();
        (void)call::wait();
    }
}

void sleeps_behind_a_transfer(std::uint64_t) {
    receivers::settle();
    disk::open(frame());
    const Capability buffer = frame();
    child::shared()[0] = 2;
    while (!receivers::is_asked())
        (void)call::yield();
    disk::push(abi::IoOperation::read, start().disk, 0, buffer);
    (void)call::submit_io();
    for (;;) {
        forget_what_is_pending();
        (void)call::wait();
    }
}

// Claims to have begun with the destruction of itself.
void sleeps_in_a_call(std::uint64_t) {
    receivers::settle();
    while (!receivers::is_asked())
        (void)call::yield();
    for (;;) {
        forget_what_is_pending();
        std::uint64_t rax =
            std::uint64_t{1} << 32 | static_cast<std::uint64_t>(abi::Call::destroy_environment);
        std::uint64_t rdi = start().self.value;
        std::uint64_t rsi = 0;
        std::uint64_t rdx = 0;
        register std::uint64_t r8 asm("r8") = 0;
        register std::uint64_t r9 asm("r9") = 0;
        asm volatile("syscall"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9)
                     :
                     : "rcx", "r10", "r11", "memory");
    }
}

void unmap_all() {
    for (unsigned i = 0; i != receivers::orders()[0]; ++i)
        (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + i});
}

[[noreturn]] void refuses() {
    child::shared()[0] = 2;
    for (;;)
        (void)call::yield();
}

constexpr std::uint64_t far = 0x40'0000'0000;

// The leaf and its links were bound before the table above them.
void builds_from_below(std::uint64_t) {
    receivers::settle();
    unmap_all();
    const Capability root = start().root_table;
    if (!call::bind_page_table(root, receivers::held[2], {}, far, 2) ||
        !call::bind_page_table(root, receivers::held[0], receivers::held[1], far, 1))
        child::end(94);
    refuses();
}

// The same, and keeps the leaf.
void builds_and_keeps(std::uint64_t) {
    receivers::settle();
    unmap_all();
    const Capability root = start().root_table;
    (void)call::bind_page_table(root, receivers::held[2], {}, far, 2);
    const auto made = call::bind_page_table(root, receivers::held[0], receivers::held[1], far, 1);
    if (!made || !call::guarantee(Capability{*made}))
        child::end(94);
    refuses();
}

// Makes an environment, whose PE page was bound last.
void has_a_child(std::uint64_t) {
    receivers::settle();
    unmap_all();
    (void)child::describe_object(std::span{receivers::held}.first(4));
    const auto made = call::create_environment(batch);
    child::describe_bare_pe(receivers::held[4], far);
    if (!made || !call::set_processor_environment(Capability{*made}, batch))
        child::end(95);
    refuses();
}

// Asked for one frame, it makes links of a leaf table of it.
void makes_links_of_it(std::uint64_t) {
    receivers::settle();
    unmap_all();
    if (!call::bind_page_table(start().root_table, receivers::held[2], {}, far, 2))
        child::end(96);
    child::shared()[5] = receivers::held[0].value;
    child::shared()[0] = 2;
    while (!receivers::is_asked())
        (void)call::yield();
    if (!call::bind_page_table(start().root_table, receivers::held[1], receivers::held[0], far, 1))
        child::end(97);
    refuses();
}

// Lends the environment of word 5 the console that word 6 names, and asks it back for ever.
void asks_for_ever(std::uint64_t) {
    const Capability other{child::shared()[5]};
    const Capability console{child::shared()[6]};
    child::shared()[9] = check::needed("lending", call::grant(console, other, 0, rights::write));
    child::shared()[0] = 1;
    while (child::shared()[7] == 0)
        (void)call::yield();
    child::shared()[0] = 2;
    (void)call::request_revocation(console, other, Capability{child::shared()[9]}, 1, for_ever);
    child::end(0);
}

// Gives back what word 5 names, when it is told to.
void gives_what_it_was_lent(std::uint64_t) {
    receivers::settle();
    while (child::shared()[7] == 0)
        (void)call::yield();
    if (!call::drop(Capability{child::shared()[5]}))
        child::end(99);
    refuses();
}

// An accomplice: it has every place of the device whenever it passes on the processor.
void fills_the_device(std::uint64_t) {
    disk::open(frame());
    const Capability buffer = frame();
    child::shared()[0] = 1;
    for (;;) {
        for (unsigned i = 0; i != abi::io_in_flight_limit; ++i)
            disk::push(abi::IoOperation::read, start().disk, i % 16, buffer);
        (void)call::submit_io();
        (void)call::yield();
        for (unsigned i = 0; i != abi::io_in_flight_limit; ++i) {
            (void)disk::next();
            (void)call::submit_io(); // what found no place
        }
    }
}

// -- asking --------------------------------------------------------------------------------------

child::Child receiver(void (*function)(std::uint64_t), std::uint64_t frames,
                      std::uint64_t ready = 1) {
    return receivers::receiver(function, {.frames = frames}, ready, frames + 2);
}

Value ask(const child::Child& of, std::uint32_t count, std::uint64_t deadline = for_ever) {
    return receivers::ask(of, count, deadline);
}

void sleeping() {
    const child::Child made = receiver(sleeps, 4);
    check::equal("who sleeps over a request loses what it is asked for", ask(made, 6).value_or(0),
                 given_taken(2, 4));
    finish(made);
    const child::Child other = receiver(sleeps_behind_a_transfer, 4, 2);
    check::equal("so does who sleeps behind a transfer, once that has ended",
                 ask(other, 4).value_or(0), given_taken(0, 4));
    finish(other);
    const child::Child third = receiver(sleeps_in_a_call, 4);
    check::equal("and who claims to wait for an end that nobody has caused",
                 ask(third, 6, 100'000).value_or(0), given_taken(2, 4));
    finish(third);
}

void all_comes_back(const char* how, void (*function)(std::uint64_t), std::uint64_t frames,
                    std::uint64_t kept = 0) {
    const child::Child made = receivers::receiver(function, {.frames = frames}, 2, frames);
    const std::uint64_t before = facts().free_frames;
    const Value seen = ask(made, static_cast<std::uint32_t>(frames), 20'000);
    check::equal(how, facts().free_frames, before + frames - kept);
    check::that("and the call says so", kept == 0 ? seen.value_or(0) == given_taken(0, frames)
                                                  : seen == std::unexpected(Error::limit_reached));
    finish(made);
}

void hoarding() {
    all_comes_back("a table comes back when what lies below it has", builds_from_below, 3);
    all_comes_back("but not from above what is guaranteed", builds_and_keeps, 3, 3);
    all_comes_back("what others cannot live without comes back, with them", has_a_child, 5);
    const child::Child made = receiver(makes_links_of_it, 3, 2);
    check::equal("a frame that became the links of a table comes back",
                 call::request_revocation(made.memory, made.environment,
                                          Capability{made.shared()[5]}, 1, 100'000)
                     .value_or(0),
                 given_taken(0, 1));
    finish(made);
}

void full_device() {
    const child::Child accomplice = receiver(fills_the_device, 2);
    const child::Child made = receiver(receivers::refuses, 4);
    (void)call::yield();
    check::equal("nobody keeps what it has by keeping the device busy",
                 ask(made, 6, 20'000).value_or(0), given_taken(2, 4));
    finish(made);
    finish(accomplice);
}

// One that has been asked by somebody who waits for ever.
struct Asked {
    child::Child asked, asker;
};
Asked asked_for_ever(void (*function)(std::uint64_t),
                     Capability time_of_asker = start().processor_time) {
    const Asked two{receivers::built(4), child::build({})};
    const auto& [asked, asker] = two;
    asker.shared()[5] = child::granted(asker, asked.environment, rights::control).value;
    asker.shared()[6] = child::granted(asker, start().console, rights::all).value;
    (void)check::needed("starting", child::start(asker, asks_for_ever, 0, time_of_asker));
    wait_for(asker.shared()[0], 1);
    asked.shared()[5] = asker.shared()[9];
    receivers::start_receiver(asked, function, {.frames = 4});
    asker.shared()[7] = 1;
    wait_for(asker.shared()[0], 2);
    (void)call::yield();
    return two;
}

// Whoever has complied is free for the next asker at once; whoever has not may be an accomplice of
// the first, and what it has is taken from it without asking.
void accomplices() {
    const Asked first = asked_for_ever(receivers::refuses);
    check::refused("nobody is asked twice at a time", ask(first.asked, 4, 20'000), Error::busy);
    finish(first.asker);
    check::equal("but whoever asked and has ended stands in nobody's way",
                 ask(first.asked, 4, 20'000).value_or(0), given_taken(0, 4));
    finish(first.asked);

    const Asked second = asked_for_ever(receivers::refuses);
    const std::uint64_t before = facts().free_frames;
    check::succeeds("nor does whoever asks for ever, if one does not ask",
                    call::revoke(second.asked.memory));
    check::that("and its frames are free", facts().free_frames >= before + 4);
    finish(second.asker);
    finish(second.asked);

    const Capability time = derived(start().processor_time, rights::all, 20, 1);
    const Asked third = asked_for_ever(gives_what_it_was_lent, time);
    (void)call::drop(time); // its asker never goes on
    third.asked.shared()[7] = 1;
    wait_for(third.asked.shared()[0], 2);
    check::equal("whoever has given what it was asked for can be asked by others",
                 ask(third.asked, 4, 20'000).value_or(0), given_taken(0, 4));
    finish(third.asker);
    finish(third.asked);
}

// A handler that comes in between edits what the call has left in its registers.
bool changes_the_count(abi::SaveArea& area, std::uint64_t, std::uint64_t) {
    area.r8 = 1'000'000;
    return false;
}

void forged() {
    const child::Child made = receiver(receivers::refuses, 4);
    const LibosHandler before = libos_handle_environment_ended;
    libos_handle_environment_ended = changes_the_count;
    const child::Child ends = child::started([](std::uint64_t) { child::end(0); });
    const Value seen = ask(made, 6, 1'000'000);
    libos_handle_environment_ended = before;
    check::equal("whoever changes what it asked for is told of what it asked for", seen.value_or(0),
                 given_taken(2, 4));
    finish(made);
    (void)call::drop(ends.memory);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    const std::uint64_t before = facts().free_frames;
    sleeping();
    hoarding();
    full_device();
    accomplices();
    forged();
    check::equal("no frame is lost", facts().free_frames, before);
    return check::verdict();
}
