// tests/qemu/heap-and-threads/main.cpp - what libos/core/heap.hpp and threads.hpp promise: zeroed
// and aligned memory that is used again, guard pages, turns, and joining.

#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "libos/core/heap.hpp"
#include "libos/core/threads.hpp"
#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

namespace heap = libos::heap;
namespace threads = libos::threads;

namespace {

using Bytes = volatile unsigned char*;

bool all_are(Bytes memory, std::size_t bytes, unsigned char value) {
    for (std::size_t i = 0; i != bytes; ++i)
        if (memory[i] != value)
            return false;
    return true;
}

void fill(Bytes memory, std::size_t bytes, unsigned char value) {
    for (std::size_t i = 0; i != bytes; ++i)
        memory[i] = value;
}

Bytes allocated(std::size_t bytes) { return static_cast<Bytes>(heap::allocate(bytes)); }
void released(Bytes memory, std::size_t bytes) {
    heap::release(const_cast<unsigned char*>(memory), bytes);
}

// -- the heap -----------------------------------------------------------------------------------

// Around every block size, and both sides of where blocks become whole pages.
constexpr std::size_t sizes[] = {1,    8,    15,   16,   17,   31,   32,   33,   63,     64,
                                 65,   100,  127,  129,  255,  257,  511,  513,  1023,   1025,
                                 2047, 2049, 4095, 4096, 4097, 8191, 8192, 8193, 20'000, 100'000};
constexpr std::size_t count = sizeof sizes / sizeof sizes[0];

void blocks() {
    Bytes memory[2][count];
    bool zeroed = true;
    bool aligned = true;
    for (unsigned round = 0; round != 2; ++round)
        for (std::size_t i = 0; i != count; ++i) {
            const Bytes block = memory[round][i] = allocated(sizes[i]);
            zeroed = zeroed && all_are(block, sizes[i], 0);
            aligned =
                aligned && reinterpret_cast<std::uint64_t>(block) % (sizes[i] < 64 ? 16 : 64) == 0;
            fill(block, sizes[i], static_cast<unsigned char>(1 + round * count + i));
        }
    bool apart = true;
    for (unsigned round = 0; round != 2; ++round)
        for (std::size_t i = 0; i != count; ++i)
            apart = apart && all_are(memory[round][i], sizes[i],
                                     static_cast<unsigned char>(1 + round * count + i));
    check::that("blocks of 30 sizes from 1 byte to 100,000 are zeroed", zeroed);
    check::that("aligned to 16 bytes, and to 64 from 64 bytes on", aligned);
    check::that("and no two of them overlap", apart);
}

void reuse() {
    bool again = true;
    bool zeroed = true;
    const std::uint64_t free_before = world::facts().free_frames;
    for (const std::size_t bytes : sizes) {
        if (bytes >= 2 * abi::page_size)
            continue;
        const Bytes first = allocated(bytes);
        fill(first, bytes, 0xa5);
        released(first, bytes);
        const Bytes second = allocated(bytes);
        again = again && first == second;
        zeroed = zeroed && all_are(second, bytes, 0);
        released(second, bytes);
    }
    check::that("a block that was released is the next of its size", again);
    check::that("and zeroed", zeroed);
    const Bytes small = allocated(65);
    fill(small, 65, 0xa5);
    released(small, 65);
    const Bytes large = allocated(128); // blocks are powers of two
    check::that("also as a larger block, to its end", large == small && all_are(large, 128, 0));
    released(large, 128);
    for (unsigned i = 0; i != 10'000; ++i)
        released(allocated(1000), 1000);
    check::equal("10,000 blocks one after the other take no frame", world::facts().free_frames,
                 free_before);
    auto* const made = new std::uint64_t[20];
    delete[] made;
    auto* const released_by_whom = new std::uint64_t[20];
    check::that("without its size `delete` gives nothing back", made != released_by_whom);
    struct Pair {
        std::uint64_t a, b;
    };
    auto* const one = new Pair{1, 2};
    delete one;
    auto* const other = new Pair;
    check::that("with it, it does", one == other);
    heap::release(nullptr, 100);
    check::that("releasing nothing is harmless", allocated(100) != nullptr);
}

void pages() {
    (void)heap::allocate(4 * abi::page_size); // so that something is mapped in front
    const std::uint64_t begin = heap::allocate_pages(3);
    check::that("pages are zeroed", all_are(reinterpret_cast<Bytes>(begin), 3ull * 4096, 0));
    check::equal("and lie on a page", begin % abi::page_size, 0);
    fill(reinterpret_cast<Bytes>(begin), 3ull * 4096, 1);
    const std::uint64_t guard = begin - abi::page_size;
    check::equal("the last word of the page before them faults", attempt::store(begin - 8).address,
                 begin - 8);
    check::equal("so does the first", attempt::load(guard).address, guard);
    check::that("and the page before that does not", !attempt::load(guard - 8).happened);
    const Bytes next = allocated(4 * abi::page_size);
    check::that("what comes next begins behind them",
                reinterpret_cast<std::uint64_t>(next) >= begin + 3ull * 4096);
}

// -- threads ------------------------------------------------------------------------------------

unsigned events[64];
unsigned event_count = 0;
void note(unsigned who) { events[event_count++ % 64] = who; }

bool noted(std::initializer_list<unsigned> expected) {
    const bool same =
        event_count == expected.size() && std::equal(expected.begin(), expected.end(), events);
    event_count = 0;
    return same;
}

void notes_three_turns(std::uint64_t who) {
    for (unsigned i = 0; i != 3; ++i) {
        note(static_cast<unsigned>(who));
        threads::yield();
    }
}

void notes_once(std::uint64_t who) { note(static_cast<unsigned>(who)); }

void turns() {
    libos::Thread* made[3];
    for (unsigned i = 0; i != 3; ++i)
        made[i] = threads::create(notes_three_turns, i + 1);
    check::equal("a new thread waits for its turn", event_count, 0);
    check::equal("four threads are alive", threads::alive(), 4);
    for (libos::Thread* const thread : made)
        threads::join(thread);
    check::that("threads take turns in the order in which they were created",
                noted({1, 2, 3, 1, 2, 3, 1, 2, 3}));
    check::equal("one is alive when all were joined", threads::alive(), 1);
}

void joining() {
    libos::Thread* made[3];
    for (unsigned i = 0; i != 3; ++i)
        made[i] = threads::create(notes_once, i + 1);
    threads::join(made[0]);
    note(9);
    check::that("who waits for the first goes on behind those that could run before",
                noted({1, 2, 3, 9}));
    threads::join(made[2]);
    threads::join(made[1]);
    check::that("one that has ended is joined at once, in any order", noted({}));

    libos::Thread* const first = threads::create(notes_three_turns, 1);
    libos::Thread* const last = threads::create(
        [](std::uint64_t other) {
            threads::join(reinterpret_cast<libos::Thread*>(other));
            note(2);
        },
        reinterpret_cast<std::uint64_t>(first));
    threads::join(last);
    note(9);
    check::that("a thread waits for another, and a third for that", noted({1, 1, 1, 2, 9}));
    libos::Thread* const next = threads::create(notes_once, 4);
    check::that("what a joined thread was made of is used again", next == first || next == last);
    threads::join(next);
    event_count = 0;
}

// -- stacks -------------------------------------------------------------------------------------

struct Overflow {
    std::uint64_t stack; // the page that it began on
    attempt::Caught caught;
};
Overflow overflow;

// Half a page at each level, and deeper than the stack, but not than what lies in front of it.
[[gnu::noinline]] void descend(std::uint64_t levels) {
    std::uint64_t room[256];
    asm volatile("movq %1, %0" : "=m"(room[0]) : "r"(levels), "m"(room));
    if (levels != 0)
        descend(levels - 1);
    asm volatile("" : : "m"(room));
}

void overflows(std::uint64_t pages) {
    std::uint64_t here = 0;
    asm volatile("mov %%rsp, %0" : "=r"(here));
    overflow.stack = here / abi::page_size * abi::page_size;
    overflow.caught = attempt::run(descend, 2 * pages + 4);
}

void stacks() {
    bool guarded = true;
    for (const std::uint64_t pages : {1ul, 4ul, 9ul}) {
        (void)heap::allocate(8 * abi::page_size);
        threads::join(threads::create(overflows, pages, pages));
        const std::uint64_t lowest = overflow.stack - (pages - 1) * abi::page_size;
        const bool right = overflow.caught.happened && overflow.caught.error == 6 &&
                           overflow.caught.address < lowest &&
                           overflow.caught.address >= lowest - abi::page_size;
        if (!right)
            libos::print("  {} pages from 0x{x}: fault {} at 0x{x}, error {}\n", pages, lowest,
                         overflow.caught.happened, overflow.caught.address, overflow.caught.error);
        guarded = guarded && right;
    }
    check::that("a stack of 1, 4 or 9 pages that is full meets the page below it", guarded);
}

} // namespace

int application_main(libos::Arguments) {
    attempt::open();
    blocks();
    reuse();
    pages();
    turns();
    joining();
    stacks();
    return check::verdict();
}
