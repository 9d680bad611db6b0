// tests/qemu/visible-revocation/main.cpp - asking for frames and extents back, and taking them.
//
// Receivers that comply, are slow, refuse, loop, die, or guarantee what they have; what is taken is
// saved where they want it, and they are told. Nobody else notices.

#include "tests/qemu/support/receivers.hpp"

using abi::Error;
using abi::RepossessionState;
using namespace world;
namespace call = libos::system_call;
using receivers::ask;
using receivers::ask_for_both;
using receivers::finish;
using receivers::first_word_of;
using receivers::given_taken;
using receivers::receiver;
using receivers::short_time;

namespace {

constexpr std::uint64_t patient = 1'000'000; // ticks of the receiver's own time
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
    finish(made);
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
    finish(witness);
    finish(made);
}

void slow() {
    const child::Child made = receiver(receivers::is_slow, {.frames = 8, .bare_slots = 8});
    (void)ask(made, 55); // the vector is one of nine
    const std::uint64_t before = facts().free_frames;
    check::equal("of a slow one, what it gave in time counts as given", ask(made, 5).value_or(0),
                 given_taken(2, 3));
    check::equal("the rest was taken", facts().free_frames, before + 5);
    finish(made);
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
    finish(made);
}

// What the handler of the one below saw, in words of the shared page.
enum : unsigned { upcalls = 1, cause, disabled, pending, saved, goes_on };

bool sees_loss(abi::SaveArea& area, std::uint64_t, std::uint64_t) {
    const volatile auto& pe = libos::processor_environment();
    volatile std::uint64_t* const words = child::shared();
    words[cause] = area.cause;
    words[disabled] = pe.upcalls_disabled;
    words[pending] = pe.pending >> static_cast<unsigned>(abi::Entry::repossession) & 1;
    words[saved] = 0;
    for (std::uint64_t i = 0; i != pe.repossessed; ++i)
        words[saved] =
            words[saved] + (receivers::vector().slots[i].state == RepossessionState::saved);
    words[upcalls] = words[upcalls] + 1;
    return false;
}

/// Refuses, and makes no call before its handler has seen two frames saved.
void is_told_by_upcall(std::uint64_t) {
    libos_handle_repossession = sees_loss;
    if (!call::set_entry({}, abi::Entry::repossession,
                         reinterpret_cast<std::uint64_t>(libos_entry_repossession)))
        child::end(94);
    receivers::settle();
    (void)call::yield();
    libos::enable_upcalls();
    while (child::shared()[saved] != 2)
        receivers::spin(100);
    for (;;) {
        child::shared()[goes_on] = 1;
        (void)call::yield();
    }
}

void told_by_upcall() {
    const child::Child made = receiver(is_told_by_upcall, {.frames = 8, .places = 2});
    (void)ask(made, 55); // the vector is one of nine
    check::equal("one that is to be told by upcall loses two", ask(made, 2).value_or(0),
                 given_taken(0, 2));
    const volatile std::uint64_t* const seen = made.shared();
    receivers::wait_for(seen[goes_on], 1);
    check::that("the exokernel enters it at its entry `repossession`",
                seen[upcalls] != 0 && seen[upcalls] <= 2 &&
                    seen[cause] == static_cast<std::uint64_t>(abi::Entry::repossession));
    check::equal("with upcalls disabled", seen[disabled], 1);
    check::equal("and that one not pending any more", seen[pending], 0);
    check::equal("then the vector says of both that they are saved", seen[saved], 2);
    check::equal("it goes on where it was interrupted", seen[goes_on], 1);
    finish(made);
}

void looping() {
    const child::Child made = receiver(receivers::loops, {.frames = 8});
    (void)ask(made, 56);
    const std::uint64_t before = facts().free_frames;
    check::equal("one that loops with upcalls disabled cannot keep them", ask(made, 8).value_or(0),
                 given_taken(0, 8));
    check::equal("and they are free", facts().free_frames, before + 8);
    finish(made);
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
    const receivers::Outcome outcome =
        ask_for_both(made.memory, made, made.own_memory, 8, short_time);
    check::equal("where guaranteed frames stand in the way, not all comes back", outcome.error,
                 static_cast<std::uint64_t>(Error::limit_reached));
    check::equal("but all else does", outcome.value, given_taken(0, 5));
    check::equal("and is free", facts().free_frames, before + 5);
    finish(made);
}

void never_started() {
    child::Options options;
    options.memory_limit = 8;
    const child::Child made = child::build(options);
    check::equal("one that was never started is not waited for", ask(made, 8).value_or(0),
                 given_taken(8, 0));
    finish(made);
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
    told_by_upcall();
    looping();
    dying();
    guaranteed();
    never_started();
    check::equal("no frame is lost", facts().free_frames, before);
    return check::verdict();
}
