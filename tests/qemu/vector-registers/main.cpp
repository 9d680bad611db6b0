// tests/qemu/vector-registers/main.cpp - threads of a libOS keep their vector registers.
//
// Eight threads fill ymm0 to ymm15, the x87 stack and MXCSR with bits of their own and find them
// again after page faults, turns of the others, waiting, and the end of slices. Nothing here or in
// the libOS is compiled to use these registers, so between `load` and `store` only a switch can
// change them.

#include "bindings/abi/system_call.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/schedulers/scheduler_table.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/vector-registers/registers.hpp"

namespace {

constexpr std::uint64_t thread_count = 8;
constexpr std::uint64_t rounds = 12;
constexpr std::uint64_t pages_each = 6; // eight times that do not fit into the pool
constexpr std::uint64_t page_bytes = 4096;

std::byte* pages = nullptr;
std::uint64_t last_runner = 0;
std::uint64_t switches = 0; // seen by threads that held a pattern
std::uint64_t lost[3] = {}; // rounds in which a pattern was not found again
std::uint64_t unclean = 0;  // threads that began with somebody's registers
std::uint64_t finished = 0;
bool in_slices = false;

void notice(std::uint64_t thread) {
    asm volatile("" : : : "memory"); // others ran inside a load that faulted
    switches += last_runner != thread ? 1 : 0;
    last_runner = thread;
}

void touch_pages(std::uint64_t thread) {
    for (std::uint64_t page = 0; page < pages_each; ++page) {
        std::byte* const at = pages + (thread * pages_each + page) * page_bytes;
        (void)*reinterpret_cast<volatile std::uint64_t*>(at);
        notice(thread);
    }
}

void take_turns(std::uint64_t thread) {
    for (std::uint64_t turn = 0; turn < 3; ++turn) {
        libos::threads::yield();
        notice(thread);
    }
}

// Long enough for the end of a slice, which is a turn of the others at any instruction.
void spin(std::uint64_t thread) {
    for (std::uint64_t i = 0; i < abi::least_slice; ++i) {
        asm volatile("" : : : "memory");
        notice(thread);
    }
}

bool began_clean() {
    if (registers::tags_in_use() != 0)
        return false;
    registers::State found{};
    registers::store(found);
    constexpr registers::State wanted = registers::initial();
    // An x87 stack that is empty gives no numbers to compare.
    __builtin_memcpy(found.x87, wanted.x87, sizeof found.x87);
    return registers::same(found, wanted);
}

void run_thread(std::uint64_t thread) {
    unclean += began_clean() ? 0 : 1;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const registers::State mine = registers::pattern(thread, round);
        registers::State found{};
        registers::load(mine);
        const std::uint64_t way = round % (in_slices ? 3 : 2);
        if (way == 0)
            touch_pages(thread);
        else if (way == 1)
            take_turns(thread);
        else
            spin(thread);
        registers::store(found);
        lost[way] += registers::same(mine, found) ? 0 : 1;
    }
    ++finished;
}

// Threads that are created by one which holds a pattern, and end while it waits for them.
void run_threads() {
    libos::Thread* threads[thread_count]{};
    for (std::uint64_t i = 0; i < thread_count; ++i)
        threads[i] = libos::threads::create(run_thread, i);
    for (libos::Thread* const thread : threads)
        libos::threads::join(thread);
}

} // namespace

int application_main(libos::Arguments) {
    pages = libos::map_disk(0, (thread_count + 1) * pages_each, libos::Access::read_only).begin;
    const registers::State mine = registers::pattern(thread_count, 0);
    registers::State found{};
    registers::load(mine);
    run_threads();
    run_threads(); // on processors whose registers belong to a thread that has ended
    in_slices = true;
    libos::threads::use(libos::schedulers[1]); // stride, which counts
    libos::threads::share_slices(abi::least_slice);
    const std::uint64_t before = switches;
    run_threads();
    touch_pages(thread_count);
    registers::store(found);

    check::equal("24 threads have run to their end", finished, 3 * thread_count);
    check::that("with slices they switched more often", switches - before > before / 4);
    check::that("they switched hundreds of times while they held patterns", switches > 400);
    check::equal("ymm, x87 and MXCSR are a thread's own across page faults", lost[0], 0);
    check::equal("ymm, x87 and MXCSR are a thread's own across turns of others", lost[1], 0);
    check::equal("and across the ends of slices", lost[2], 0);
    check::that("and across the life and the end of other threads", registers::same(mine, found));
    check::equal("a new thread begins with cleared registers", unclean, 0);
    return check::verdict();
}
