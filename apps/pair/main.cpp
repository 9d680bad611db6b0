// apps/pair/main.cpp - starts six libOSes and asks four of them for frames: two give them, one
// refuses, and one gives what it can spare and finds again what was in the others.

#include "apps/pair/watched.hpp"
#include "bindings/abi/io_ring.hpp"
#include "libos/core/threads.hpp"

using libos::Child;
using libos::print;

namespace {

constexpr std::uint64_t patient = 50'000'000; // of the receiver's own instructions
constexpr std::uint64_t short_time = 100'000;
constexpr std::uint64_t some_time = 200'000; // enough to write what it can spare

// Blocks behind the file: places for what is taken, and before them, of the second, its pages.
constexpr libos::BlockRange of_refuser{0, 64}, of_keeper{64, 64};
constexpr std::uint64_t pages_of_keeper = 6;

bool lend_and_take_back(const pair::File& file) {
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
    return pair::await_end(watcher);
}

} // namespace

int application_main(libos::Arguments arguments) {
    if (const std::string_view word = arguments.unknown(); !word.empty())
        libos::fail(abi::Error::invalid_argument,
                    "pair: there is no argument `{}`; `--file`, `--policy` and `--frames` are for "
                    "the libOS that pages",
                    word);
    const auto file = pair::file_of_run();
    const std::uint64_t pool = libos::manifest().number("frames", 96);
    pair::Watched pager = pair::start("pager", "wc", "", file, pool,
                                      pair::allowance_of(file, pool + 304, abi::rights::read));
    pair::Watched poller = pair::start("poller", "poller", "", file, 32,
                                       pair::allowance_of(file, 100, abi::rights::read));
    pair::Watched refuser = pair::start("refuser", "poller", "refuse", file, 24,
                                        pair::scratch_allowance(file, 40, of_refuser));
    const pair::Watched crasher = pair::start("crasher", "poller", "crash", file, 8,
                                              pair::allowance_of(file, 16, abi::rights::read));
    bool well = pair::await_end(crasher, abi::EndReason::nested_too_deep);

    // Of the pager a third of its pool, then a sixth.
    const auto third = static_cast<std::uint32_t>(pool / 3);
    pair::await_faults(pager, 3);
    pair::ask(poller, "poller", 16, patient);
    pair::await_faults(pager, 100);
    pair::ask(pager, "pager", third, patient);
    pair::ask(refuser, "refuser", 8, short_time);
    pair::Watched keeper = pair::start(
        "keeper", "keeper", "", {"pages", 0, pages_of_keeper * abi::block_size}, pages_of_keeper,
        pair::scratch_allowance(file, 100, of_keeper), "backing=16 48\n");
    pair::await_pages(keeper, pages_of_keeper);
    pair::ask(keeper, "keeper", pages_of_keeper - 1, some_time); // its thread needs three
    well &= lend_and_take_back(file);
    pair::await_faults(pager, 200);
    pair::ask(pager, "pager_again", third / 2, patient);

    for (const pair::Watched* child : {&pager, &poller, &refuser, &keeper})
        well &= pair::await_end(*child);
    print("all have ended; environments alive: {}\n", pair::living());
    return well ? 0 : 1;
}
