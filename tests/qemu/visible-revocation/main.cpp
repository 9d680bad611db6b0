// tests/qemu/visible-revocation/main.cpp - asking for frames and extents back, and taking them.
//
// Receivers that comply, are slow, refuse, loop, die, or guarantee what they have; what is taken is
// saved where they want it, and they are told. Nobody else notices.

#include "tests/qemu/support/receivers.hpp"

using abi::Error;
using abi::RepossessionState;
using namespace world;
namespace call = libos::system_call;
using check::Value;

namespace {

constexpr std::uint64_t patient = 1'000'000; // ticks of the receiver's own time
constexpr std::uint64_t short_time = 20'000;

constexpr std::uint64_t given_taken(std::uint64_t given, std::uint64_t taken) {
    return given | taken << 32;
}

child::Child receiver(void (*function)(std::uint64_t), const receivers::Orders& orders) {
    child::Options options;
    options.memory_limit = 64;
    options.disk_rights = rights::read | rights::write;
    const child::Child made = child::build(options);
    volatile std::uint64_t* const to = made.shared() + 8;
    to[0] = orders.frames;
    to[1] = orders.guaranteed;
    to[2] = orders.places;
    to[3] = orders.bare_slots;
    (void)check::needed("starting", child::start(made, function));
    while (made.shared()[0] == 0)
        (void)call::yield();
    return made;
}

Value ask(const child::Child& of, std::uint32_t count, std::uint64_t deadline = short_time) {
    return call::request_revocation(of.memory, of.environment, of.own_memory, count, deadline);
}

std::uint64_t end(const child::Child& made) {
    const std::uint64_t ended = child::ended_count();
    (void)call::destroy_environment(made.environment, 0);
    (void)child::wait_for_end(ended + 1);
    (void)call::drop(made.memory);
    return facts().free_frames;
}

// Value and error of a call that may have both.
struct Outcome {
    std::uint64_t error, value;
};
Outcome ask_for_both(const child::Child& of, std::uint32_t count, std::uint64_t deadline) {
    std::uint64_t rax = static_cast<std::uint64_t>(abi::Call::request_revocation);
    std::uint64_t rdx = of.own_memory.value;
    register std::uint64_t r8 asm("r8") = count;
    register std::uint64_t r9 asm("r9") = deadline;
    std::uint64_t rdi = of.memory.value;
    std::uint64_t rsi = of.environment.value;
    asm volatile("syscall"
                 : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9)
                 :
                 : "rcx", "r10", "r11", "memory");
    return {rax, rdx};
}

void unused_authority() {
    const child::Child made = receiver(receivers::refuses, {.frames = 8});
    const std::uint64_t before = facts().free_frames;
    check::equal("authority that is not used comes back without asking", ask(made, 40).value_or(0),
                 given_taken(40, 0));
    check::equal("no frame moves", facts().free_frames, before);
    check::refused("more than is left is refused", ask(made, 25), Error::out_of_range);
    check::refused("nothing is refused", ask(made, 0), Error::out_of_range);
    check::refused("a deadline of zero is refused", ask(made, 1, 0), Error::out_of_range);
    check::refused("and one of 999", ask(made, 1, 999), Error::out_of_range);
    check::refused("and one beyond all reason", ask(made, 1, ~0ull), Error::out_of_range);
    const Capability weak = derived(made.memory, rights::all & ~rights::revoke, 0, 64);
    check::refused("without the right to revoke nobody is asked",
                   call::request_revocation(weak, made.environment, made.own_memory, 1, patient),
                   Error::access_denied);
    const Capability beside = derived(made.memory, rights::all, 0, 64);
    check::refused("nor for what was derived from another binding",
                   call::request_revocation(beside, made.environment, made.own_memory, 1, patient),
                   Error::access_denied);
    (void)end(made);
}

void complying() {
    const child::Child made = receiver(receivers::complies, {.frames = 8});
    const child::Child witness = receiver(receivers::refuses, {.frames = 4});
    (void)ask(made, 56);
    const std::uint64_t before = facts().free_frames;
    check::equal("a libOS that complies gives back what is asked for",
                 ask(made, 5, patient).value_or(0), given_taken(5, 0));
    check::equal("those frames are free", facts().free_frames, before + 5);
    check::equal("its PE page said how many", made.shared()[1], 5);
    check::equal("by when", made.shared()[2], patient);
    check::equal("of what", made.shared()[3], made.own_memory.value);
    check::equal("and that an upcall was pending", made.shared()[4], 1);
    check::equal("while it is asked it cannot bind more", made.shared()[5],
                 static_cast<std::uint64_t>(Error::limit_reached));
    check::equal("nobody else lost any", ask(witness, 60).value_or(0), given_taken(60, 0));
    (void)end(witness);
    (void)end(made);
}

void slow() {
    const child::Child made = receiver(receivers::is_slow, {.frames = 8, .bare_slots = 8});
    (void)ask(made, 55); // the vector is one of nine
    const std::uint64_t before = facts().free_frames;
    check::equal("of a slow one, what it gave in time counts as given", ask(made, 5).value_or(0),
                 given_taken(2, 3));
    check::equal("the rest was taken", facts().free_frames, before + 5);
    (void)end(made);
}

// The contents of block `block` of the disk, as the test reads them.
std::uint64_t first_word_of(std::uint32_t block) {
    const Capability buffer = frame();
    (void)install(30, buffer);
    const auto completion = disk::perform(abi::IoOperation::read, start().disk, block, buffer);
    const std::uint64_t seen = completion.error == 0 ? words(30)[0] : ~0ull;
    (void)remove(30);
    (void)call::drop(buffer);
    return seen;
}

void refusing() {
    const child::Child made =
        receiver(receivers::refuses, {.frames = 8, .places = 2, .bare_slots = 1});
    (void)ask(made, 55);
    const std::uint64_t before = facts().free_frames;
    check::equal("a libOS that refuses loses them by force", ask(made, 5).value_or(0),
                 given_taken(0, 5));
    check::equal("and they are free", facts().free_frames, before + 5);
    check::equal("the newest frame was saved in the first place", first_word_of(0), 1007);
    check::equal("the next one in the second", first_word_of(1), 1006);
    check::refused("it is not killed for it",
                   call::set_processor_environment(made.environment, ~0ull), Error::out_of_range);
    (void)end(made);
}

void looping() {
    const child::Child made = receiver(receivers::loops, {.frames = 8});
    (void)ask(made, 56);
    const std::uint64_t before = facts().free_frames;
    check::equal("one that loops with upcalls disabled cannot keep them", ask(made, 8).value_or(0),
                 given_taken(0, 8));
    check::equal("and they are free", facts().free_frames, before + 8);
    (void)end(made);
}

void dying() {
    const child::Child made = receiver(receivers::dies, {.frames = 8});
    (void)ask(made, 56);
    const std::uint64_t ended = child::ended_count();
    check::refused("one that dies meanwhile has ended", ask(made, 4, patient), Error::ended);
    check::equal("as its creator learns", child::wait_for_end(ended + 1).status, 7);
    (void)call::drop(made.memory);
}

void guaranteed() {
    const child::Child made = receiver(receivers::refuses, {.frames = 8, .guaranteed = 3});
    (void)ask(made, 56);
    const std::uint64_t before = facts().free_frames;
    const Outcome outcome = ask_for_both(made, 8, short_time);
    check::equal("where guaranteed frames stand in the way, not all comes back", outcome.error,
                 static_cast<std::uint64_t>(Error::limit_reached));
    check::equal("but all else does", outcome.value, given_taken(0, 5));
    check::equal("and is free", facts().free_frames, before + 5);
    (void)end(made);
}

void never_started() {
    child::Options options;
    options.memory_limit = 8;
    const child::Child made = child::build(options);
    check::equal("one that was never started is not waited for", ask(made, 8).value_or(0),
                 given_taken(8, 0));
    (void)end(made);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    disk::open();
    const std::uint64_t before = facts().free_frames;
    unused_authority();
    complying();
    slow();
    refusing();
    looping();
    dying();
    guaranteed();
    never_started();
    check::equal("no frame is lost", facts().free_frames, before);
    return check::verdict();
}
