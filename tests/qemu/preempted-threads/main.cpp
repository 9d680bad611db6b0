// tests/qemu/preempted-threads/main.cpp - threads that lose the processor at any instruction.
//
// Slices are short. Some threads page, some use the heap, some print, some only
// compute; a stride scheduler gives them tickets. What they share of the libOS stays whole, each
// finds its own data, and a thread that waits for a page gives its processor to another one at
// once.

#include "bindings/abi/system_call.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/schedulers/scheduler_table.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"

namespace {

constexpr std::uint64_t pages = 64; // twice as many as frames
constexpr std::uint64_t rounds = 30;
std::uint64_t wrong = 0;
std::uint64_t finished = 0;
std::uint64_t lines = 0;
std::uint64_t computed[2] = {};
volatile bool stop = false;
libos::MappedFile area;

std::uint64_t& word_of(std::uint64_t page, std::uint64_t thread) {
    return reinterpret_cast<std::uint64_t*>(area.begin)[page * 512 + thread];
}

// A word of its own in every page: others' faults evict the page in between.
void page_through(std::uint64_t thread) {
    for (std::uint64_t round = 1; round <= rounds; ++round)
        for (std::uint64_t page = 0; page != pages; ++page) {
            std::uint64_t& word = word_of(page, thread);
            wrong += word != (round == 1 ? 0 : (round - 1) * 1000 + page) ? 1 : 0;
            word = round * 1000 + page;
        }
    ++finished;
}

// Blocks of several sizes, filled and looked at again.
void allocate_and_release(std::uint64_t thread) {
    for (std::uint64_t round = 0; round != 60 * rounds; ++round) {
        const std::size_t count = 1 + (round * 7 + thread) % 60;
        auto* const block = new std::uint64_t[count];
        for (std::size_t i = 0; i != count; ++i)
            wrong += block[i] != 0 ? 1 : 0;
        for (std::size_t i = 0; i != count; ++i)
            block[i] = thread << 32 | (round + i);
        for (std::size_t i = 0; i != count; ++i)
            wrong += block[i] != (thread << 32 | (round + i)) ? 1 : 0;
        operator delete(block, count * sizeof *block);
    }
    ++finished;
}

// Lines of one letter each: the transcript shows one that is mixed.
void say(std::uint64_t letter) {
    char text[41];
    for (char& one : text)
        one = static_cast<char>(letter);
    text[40] = '\n';
    for (std::uint64_t i = 0; i != 5; ++i) {
        libos::print_text({text, 41});
        ++lines;
        for (volatile unsigned wait = 0; wait != 3000; wait = wait + 1) {
        }
    }
    ++finished;
}

void compute(std::uint64_t which) {
    while (!stop)
        ++computed[which];
}

} // namespace

int application_main(libos::Arguments) {
    area = libos::map_disk(0, pages, libos::Access::writable);
    libos::threads::use(*libos::find_scheduler("stride"));
    libos::threads::share_slices(5 * abi::least_slice);
    libos::Thread* workers[7];
    workers[0] = libos::threads::create(page_through, 1);
    workers[1] = libos::threads::create(page_through, 2);
    workers[2] = libos::threads::create(page_through, 3);
    workers[3] = libos::threads::create(allocate_and_release, 4);
    workers[4] = libos::threads::create(allocate_and_release, 5);
    workers[5] = libos::threads::create(say, 'a');
    workers[6] = libos::threads::create(say, 'b');
    libos::Thread* const computing[2] = {libos::threads::create(compute, 0),
                                         libos::threads::create(compute, 1)};
    computing[1]->tickets = 3;
    for (libos::Thread* const worker : workers)
        libos::threads::join(worker);
    stop = true;
    for (libos::Thread* const one : computing)
        libos::threads::join(one);
    const auto& pe = libos::processor_environment();
    check::equal("all threads have run to their end", finished, 7);
    check::equal("each has found what it wrote", wrong, 0);
    check::equal("lines have gone out whole", lines, 10);
    check::that("hundreds of slices have ended", pe.slices > 300);
    check::that("while pages were read, others ran", libos::pager_figures().faults > 1000);
    const std::uint64_t ratio = computed[1] * 100 / computed[0];
    check::that("who has three tickets has computed three times as much, to 2 %",
                ratio >= 294 && ratio <= 306);
    return check::verdict();
}
