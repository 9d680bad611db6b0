// tests/guests/random-shootdowns/main.cpp - translations come and go at random under processors
// that use them all the time.
//
// Each reader reads and writes its pages for ever; where there is none it faults and goes on. The
// first libOS maps frames there, takes them away in one of several ways, and, once nobody is to
// have a frame any more, poisons it: no reader may see the poison, nor write over it. Arguments:
// rounds, seed.

#include "bindings/random.hpp"
#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/processors.hpp"

using abi::Capability;
using child::Child;
using namespace world;
using processors::pause;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t window = 0x1c'0000; // of the readers
constexpr unsigned pages = 4;
constexpr unsigned frames = 6;
constexpr unsigned first_page = 300; // of the playground, where the first libOS has them
constexpr std::uint64_t poison = 0xdead'dead'dead'dead;
constexpr unsigned most_readers = 7;

// -- a reader
// --------------------------------------------------------------------------------------

enum Word : unsigned { turns, stale, faults, unready };
std::uint64_t seen = 0;

void touch(std::uint64_t at) {
    auto* const words = reinterpret_cast<volatile std::uint64_t*>(at);
    seen = words[0];
    words[1] = at;
}

void uses_its_pages(std::uint64_t seed) {
    bindings::Random random{seed};
    libos::start_upcalls();
    attempt::open();
    libos::enable_upcalls();
    for (;;) {
        seen = 0;
        const bool fault = attempt::run(touch, window + random.below(pages) * 4096).happened;
        volatile std::uint64_t* const post = child::shared();
        post[fault ? faults : turns] = post[fault ? faults : turns] + 1;
        post[stale] = post[stale] + (seen == poison ? 1 : 0);
        if (random.below(3) == 0)
            pause();
    }
}

// -- the first libOS
// -------------------------------------------------------------------------------

struct Frame {
    Capability own, lent; // what the readers' translations are made through
    unsigned users = 0;
};
Frame pool[frames];
Child readers[most_readers];
unsigned reader_count = 0;
int mapped[most_readers][pages]; // frame; -1: none
std::uint64_t written_over = 0, poisoned = 0;

volatile std::uint64_t* words_of(unsigned frame) { return words(first_page + frame); }

void take(unsigned number, Capability own) {
    pool[number] = {own, derived(own, rights::all), 0};
    (void)install(first_page + number, own);
    words_of(number)[0] = number + 1;
}

std::uint64_t perform(abi::TranslationOperation operation, unsigned reader, unsigned page,
                      Capability frame) {
    auto* const item = libos::request_area::at<abi::TranslationRequest>(batch);
    *item = {.operation = operation,
             .index = static_cast<std::uint16_t>((window >> 12 & 511) + page),
             .count = 1,
             .error = 0,
             .table = readers[reader].low_leaf,
             .frame = frame,
             .value = access::write};
    (void)call::perform_translations(batch / sizeof *item, 1);
    return item->error;
}

void unmap(abi::TranslationOperation how, unsigned reader, unsigned page) {
    int& frame = mapped[reader][page];
    (void)check::needed("removing", perform(how, reader, page, {}) == 0
                                        ? check::Value{0}
                                        : std::unexpected(abi::Error::not_present));
    --pool[frame].users;
    frame = -1;
}

void forget_all(unsigned frame) {
    for (unsigned reader = 0; reader != reader_count; ++reader)
        for (int& one : mapped[reader])
            one = one == static_cast<int>(frame) ? -1 : one;
    pool[frame].users = 0;
}

// Nobody is to have it any more.
void poison_and_look(unsigned frame, bindings::Random& random) {
    volatile std::uint64_t* const mine = words_of(frame);
    mine[0] = poison;
    mine[1] = 0;
    for (std::uint64_t i = random.below(20); i != 0; --i)
        pause();
    written_over += mine[1] != 0 ? 1 : 0;
    mine[0] = frame + 1;
    ++poisoned;
}

void lose_and_bind_again(unsigned frame) {
    const std::uint64_t pfn = frame_number_of(entry_of(pool[frame].own));
    (void)check::needed("dropping", call::drop(pool[frame].own));
    (void)check::needed("binding it again",
                        call::bind_frames(start().memory, pfn, 1, world::batch));
    take(frame, bound()[0]);
}

void round(bindings::Random& random) {
    const auto reader = static_cast<unsigned>(random.below(reader_count));
    const auto page = static_cast<unsigned>(random.below(pages));
    const int now = mapped[reader][page];
    if (now < 0) {
        const auto frame = static_cast<unsigned>(random.below(frames));
        (void)check::needed("mapping", perform(abi::TranslationOperation::install, reader, page,
                                               pool[frame].lent) == 0
                                           ? check::Value{0}
                                           : std::unexpected(abi::Error::occupied));
        mapped[reader][page] = static_cast<int>(frame);
        ++pool[frame].users;
        return;
    }
    const auto frame = static_cast<unsigned>(now);
    const bool alone = pool[frame].users == 1;
    switch (random.below(5)) {
    case 0:
        unmap(abi::TranslationOperation::remove, reader, page);
        break;
    case 1: // put off, until a binding that is none of its business breaks
        unmap(abi::TranslationOperation::remove_later, reader, page);
        (void)call::drop(derived(pool[(frame + 1) % frames].own, rights::read));
        break;
    case 2: // put off, if it is the last one, until the frame is free
        unmap(alone ? abi::TranslationOperation::remove_later : abi::TranslationOperation::remove,
              reader, page);
        if (alone)
            lose_and_bind_again(frame);
        break;
    case 3:
        (void)check::needed("taking back", call::revoke(pool[frame].own));
        pool[frame].lent = derived(pool[frame].own, rights::all);
        forget_all(frame);
        break;
    default:
        lose_and_bind_again(frame);
        forget_all(frame);
        break;
    }
    if (pool[frame].users == 0)
        poison_and_look(frame, random);
}

} // namespace

int application_main(libos::Arguments arguments) {
    open();
    const std::uint64_t rounds = libos::parse_number(arguments[0]).value_or(1000);
    const std::uint64_t seed = libos::parse_number(arguments[1]).value_or(1);
    bindings::Random random{seed};
    for (unsigned i = 0; i != frames; ++i)
        take(i, frame());
    reader_count = static_cast<unsigned>(facts().processors - 1);
    for (unsigned i = 0; i != reader_count; ++i) {
        for (int& one : mapped[i])
            one = -1;
        readers[i] = child::build();
        (void)check::needed("starting", child::start(readers[i], uses_its_pages, seed + i,
                                                     processors::time_of(i + 1)));
        check::that("a reader runs", processors::rises_above(readers[i].shared()[faults], 0));
    }
    for (std::uint64_t i = 0; i != rounds; ++i) {
        round(random);
        if (random.below(2) == 0)
            pause();
    }
    std::uint64_t used = 0;
    std::uint64_t stale_reads = 0;
    for (unsigned i = 0; i != reader_count; ++i) {
        (void)call::destroy_environment(readers[i].environment, 0);
        (void)child::wait_for_end(i + 1);
        used += readers[i].shared()[turns];
        stale_reads += readers[i].shared()[stale];
    }
    check::that("the readers have used their pages all the time", used > rounds);
    check::that("frames were poisoned", poisoned > rounds / 20);
    check::equal("nobody has read the poison", stale_reads, 0);
    check::equal("nobody has written over it", written_over, 0);
    libos::print("@output.processors={}\n", facts().processors);
    libos::print("@output.used={}\n", used);
    libos::print("@output.poisoned={}\n", poisoned);
    libos::print("@output.shootdowns={}\n", facts().shootdowns);
    return check::verdict();
}
