// tests/qemu/write-back/main.cpp - a thread that waits for its pages to be written gives the
// processor to the others; and several may write back at a time.

#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

namespace {

constexpr std::uint64_t pages = 16;
bool stop = false;
std::uint64_t computed = 0;
libos::MappedFile area;

void compute(std::uint64_t) {
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        __atomic_fetch_add(&computed, 1, __ATOMIC_RELAXED);
}

void write_pages(std::uint64_t first) {
    for (std::uint64_t i = first; i < pages; i += 2)
        area.begin[i * abi::page_size] = std::byte{1};
    libos::write_back();
}

// How much longer nobody ran, and how far the one that computes got.
template <class Function> void gets_on(Function function) {
    const std::uint64_t idle = world::facts().idle_ticks, then = computed;
    function();
    check::equal("meanwhile the processor is never idle", world::facts().idle_ticks - idle, 0);
    check::that("and who computes gets on", computed > then + 1000);
}

} // namespace

int application_main(libos::Arguments) {
    area = libos::map_disk(0, pages, libos::Access::writable);
    libos::threads::share_slices(5 * abi::least_slice);
    libos::Thread* const one = libos::threads::create(compute, 0);
    gets_on([] {
        write_pages(0);
        write_pages(1);
        check::that("a thread has written its pages back", true);
    });
    gets_on([] {
        libos::Thread* const other = libos::threads::create(write_pages, 0);
        write_pages(1);
        libos::threads::join(other);
        check::that("two threads have written back at a time", true);
    });
    stop = true;
    libos::threads::join(one);
    return check::verdict();
}
