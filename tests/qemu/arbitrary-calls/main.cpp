// tests/qemu/arbitrary-calls/main.cpp - two environments make system calls at random, against each
// other and against the kernel: any number, capabilities that are valid, old or garbage, any
// argument, any content of the request area and of the ring.
//
// The kernel must go on, answer every call with a known error, and have every frame back when both
// are gone. Each argument is the seed of one round; the same seed gives the same round.

#include "tests/qemu/arbitrary-calls/fuzzer.hpp"
#include "tests/qemu/support/attempt.hpp"

using fuzzing::Word;
using namespace world;
namespace call = libos::system_call;

namespace {

void fuzzes(std::uint64_t seed) {
    libos::processor_environment().upcalls_disabled = 1;
    fuzzing::Fuzzer{seed}.run();
    child::end(0);
}

std::uint64_t parsed(std::string_view text) {
    std::uint64_t value = 0;
    for (const char digit : text)
        value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    return value;
}

void lend(const child::Child& to, const child::Child& other, const Capability (&lent)[3]) {
    volatile std::uint64_t* const post = to.shared();
    for (unsigned i = 0; i != 3; ++i)
        post[Word::lent + i] = child::granted(to, lent[i], rights_of(entry_of(lent[i]))).value;
    post[Word::lent + 3] =
        child::granted(to, start().processor_time, rights::control | rights::grant).value;
    post[Word::other] = child::granted(to, other.environment, rights::read | rights::grant).value;
}

void round(std::uint64_t seed) {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    child::Options options;
    options.memory_limit = 40;
    options.disk_rights = rights::read | rights::write | rights::grant;
    const Capability lent[3]{frame(), frame(),
                             derived(start().disk, rights::all & ~rights::execute, 8, 8)};
    const child::Child two[2]{child::build(options), child::build(options)};
    for (unsigned i = 0; i != 2; ++i) {
        lend(two[i], two[1 - i], lent);
        child::give_slice(two[i], 1u << 20);
        (void)check::needed("starting", child::start(two[i], fuzzes, seed * 2 + i));
    }
    // What was lent is taken back while they use it.
    const volatile auto& pe = libos::processor_environment();
    for (unsigned turn = 1; pe.ended_count < ended + 2; ++turn) {
        (void)call::yield();
        if (turn % 1000 == 0)
            (void)call::revoke(lent[turn / 1000 % 3]);
    }
    for (unsigned i = 0; i != 2; ++i) {
        volatile std::uint64_t* const post = two[i].shared();
        check::equal("it made all its calls", post[Word::made], fuzzing::calls_each);
        check::that("many of them were granted", post[Word::succeeded] > fuzzing::calls_each / 10);
        check::equal("each answer was success or a known error", post[Word::unknown], 0);
        (void)call::drop(two[i].memory);
    }
    for (const Capability one : lent)
        (void)call::drop(one);
    check::equal("when both are gone every frame is back", facts().free_frames, free_before);
    check::equal("and one environment is alive", facts().environments, 1);
}

} // namespace

int application_main(libos::Arguments arguments) {
    open();
    attempt::open();
    disk::open();
    for (std::size_t i = 0; i != arguments.count(); ++i)
        round(parsed(arguments[i]));
    const Capability target = frame();
    check::succeeds("the disk works on",
                    disk::attempted(abi::IoOperation::read, start().disk, 5, target));
    return check::verdict();
}
