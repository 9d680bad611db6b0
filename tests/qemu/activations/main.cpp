// tests/qemu/activations/main.cpp - a thread that waits for a page gives its processor back, and
// one that can run has it at once.
//
// Eight threads under slices, with each of the schedulers: six of them page and two compute, so
// that always somebody can run; then all page, so that sometimes nobody can. A read takes as long
// as a million instructions.

#include <utility>

#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/schedulers/scheduler_table.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

extern "C" bool (*libos_switch_threads)();

namespace {

constexpr std::uint64_t threads = 8, computing = 2;
constexpr std::uint64_t pages = 64; // twice as many as frames
constexpr std::uint64_t rounds = 2;
constexpr std::uint64_t longest_path = 400'000; // recording rings grow; a read takes far longer
libos::MappedFile area;
std::uint64_t paging = 0;
std::uint64_t computed[computing];

// -- what is seen of the libOS from outside --

struct Seen {
    std::uint64_t waited = 0;  // faults after which another thread ran, or none
    std::uint64_t idled = 0;   // of those: none
    std::uint64_t wrongly = 0; // though one could, or the one that waits
    std::uint64_t longest = 0; // from a fault to who ran next
} seen;
bool (*switch_threads)();
LibosHandler handle_page_fault;
std::uint64_t faulted_at = 0; // 0: the last fault is served

bool notes_faults(abi::SaveArea& area_of, std::uint64_t address, std::uint64_t save_area) {
    faulted_at = __builtin_ia32_rdtsc();
    const bool switches = handle_page_fault(area_of, address, save_area);
    if (!switches)
        faulted_at = 0;
    return switches;
}

bool notes_switches() {
    const libos::Thread* const from = libos::threads::current;
    const bool runs = switch_threads();
    const libos::Thread* const to = libos::threads::current;
    seen.wrongly += to == nullptr && libos::threads::any_runnable() ? 1 : 0;
    const std::uint64_t since = std::exchange(faulted_at, 0);
    if (since == 0)
        return runs;
    const std::uint64_t taken = __builtin_ia32_rdtsc() - since;
    ++seen.waited;
    seen.idled += to == nullptr ? 1 : 0;
    seen.wrongly += to == from ? 1 : 0;
    seen.longest = taken > seen.longest ? taken : seen.longest;
    return runs;
}

// -- the threads --

void page_through(std::uint64_t thread) {
    for (std::uint64_t i = 0; i != rounds * pages; ++i) {
        auto* const word = reinterpret_cast<volatile std::uint64_t*>(area.begin) +
                           (i * (2 * thread + 1) + 8 * thread) % pages * 512;
        if (thread % 2 == 0)
            word[thread] = word[thread] + 1;
        else
            (void)*word;
    }
    --paging;
}

void compute(std::uint64_t which) {
    while (__atomic_load_n(&paging, __ATOMIC_RELAXED) != 0)
        ++computed[which];
}

/// Lets eight threads run, of which so many compute; how long nobody did.
std::uint64_t run(std::uint64_t that_compute) {
    seen = {};
    computed[0] = computed[1] = 0;
    paging = threads - that_compute;
    const std::uint64_t before = world::facts().idle_ticks;
    libos::Thread* made[threads];
    for (std::uint64_t i = 0; i != threads; ++i)
        made[i] = libos::threads::create(i < that_compute ? compute : page_through, i);
    for (libos::Thread* const one : made)
        libos::threads::join(one);
    return world::facts().idle_ticks - before;
}

void with(const char* scheduler) {
    libos::print("{}:\n", scheduler);
    libos::threads::use(*libos::find_scheduler(scheduler));
    const volatile auto& pe = libos::processor_environment();
    const std::uint64_t slices = pe.slices;
    const std::uint64_t idle = run(computing);
    check::that("hundreds of times a thread waits for a page", seen.waited > 200);
    check::that("while slices end", pe.slices > slices + 200);
    check::equal("each time another one runs, never none nor the same", seen.idled + seen.wrongly,
                 0);
    check::that("at once", seen.longest < longest_path);
    check::equal("the processor is never idle", idle, 0);
    check::that("those that compute have got on", computed[0] > 0 && computed[1] > 0);
    const std::uint64_t idle_without = run(0);
    check::that("where all page, sometimes all of them wait", seen.idled > 20);
    check::that("then the processor is idle", idle_without > 0);
    check::equal("but never while one can run", seen.wrongly, 0);
    check::that("and it is given back at once", seen.longest < longest_path);
}

} // namespace

int application_main(libos::Arguments) {
    area = libos::map_disk(0, pages, libos::Access::writable);
    switch_threads = std::exchange(libos_switch_threads, notes_switches);
    handle_page_fault = std::exchange(libos_handle_page_fault, notes_faults);
    libos::threads::share_slices(5 * abi::least_slice);
    with("round-robin");
    with("stride");
    return check::verdict();
}
