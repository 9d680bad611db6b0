// apps/pair/main.cpp - starts five libOSes, asks two of them for frames, takes frames from a third.

#include "apps/pair/watched.hpp"
#include "libos/core/threads.hpp"

using libos::Child;
using libos::print;

namespace {

constexpr std::uint64_t patient = 50'000'000; // of the receiver's own instructions
constexpr std::uint64_t short_time = 100'000;

/// Asks `child` for `count` of its frames and says what came of it.
void ask(const pair::Watched& child, std::uint32_t count, std::uint64_t deadline) {
    const auto result = libos::system_call::request_revocation(
        child.held.frames, child.held.environment, child.held.own_frames, count, deadline);
    if (!result) {
        print("asking {} for {} frames: {}\n", child.name, count, name_of(result.error()));
        return;
    }
    print("asked {} for {} frames: {} given back, {} taken by force\n", child.name, count,
          *result & 0xffff'ffff, *result >> 32);
    print("@output.{}_given={}\n@output.{}_taken={}\n", child.name, *result & 0xffff'ffff,
          child.name, *result >> 32);
}

void lend_and_take_back(const pair::File& file) {
    const pair::Page page;
    page.words()[0] = 1;
    libos::Allowance allowance = pair::allowance_of(file, 8, abi::rights::read);
    allowance.lent[0] = {page.frame(), abi::rights::read};
    const pair::Watched watcher = pair::start("watcher", "poller", "watch", file, 8, allowance);
    page.words()[0] = 42;
    libos::system_call::disregard(libos::system_call::yield()); // it sees the one, then the other
    page.words()[0] = 43;
    const auto result = libos::system_call::request_revocation(
        page.frame(), watcher.held.environment, watcher.held.lent[0], 1, patient);
    print("took the page back from the watcher: {}\n",
          result ? (*result >> 32 == 0 ? "given" : "by force") : name_of(result.error()));
    pair::await_end(watcher);
}

} // namespace

int application_main(libos::Arguments) {
    const auto file = pair::file_of_run();
    const pair::Watched pager =
        pair::start("pager", "wc", "", file, 96, pair::allowance_of(file, 400, abi::rights::read));
    const pair::Watched poller = pair::start("poller", "poller", "", file, 32,
                                             pair::allowance_of(file, 100, abi::rights::read));
    const pair::Watched refuser =
        pair::start("refuser", "poller", "refuse", file, 24, pair::scratch_allowance(file, 40));
    const pair::Watched crasher = pair::start("crasher", "poller", "crash", file, 8,
                                              pair::allowance_of(file, 16, abi::rights::read));
    pair::await_end(crasher);

    pair::await_faults(pager, 3);
    ask(poller, pair::unused_frames(poller) + 16, patient);
    pair::await_faults(pager, 100);
    ask(pager, pair::unused_frames(pager) + 32, patient);
    ask(refuser, pair::unused_frames(refuser) + 8, short_time);
    lend_and_take_back(file);

    for (const pair::Watched* child : {&pager, &poller, &refuser})
        pair::await_end(*child);
    print("all have ended; {} environments live\n", pair::living());
    return 0;
}
