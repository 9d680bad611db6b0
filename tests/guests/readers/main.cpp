// tests/guests/readers/main.cpp - as many threads as there can be read pages at random, all at a
// time, and write some of them: 32 reads are in flight at once. For tests of determinism.

#include "bindings/random.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

constexpr std::uint64_t page_count = 1024;
constexpr std::uint64_t touches = 40; // of each thread
std::byte* pages = nullptr;

void read_pages(std::uint64_t number) {
    bindings::Random random{libos::manifest().number("seed", 1) + number};
    for (std::uint64_t i = 0; i < touches; ++i) {
        auto* const word =
            reinterpret_cast<volatile std::uint64_t*>(pages + random.below(page_count) * 4096);
        const std::uint64_t value = *word;
        if (i % 8 == 0)
            *word = value + 1;
    }
}

} // namespace

int application_main(libos::Arguments) {
    pages = libos::map_disk(0, page_count, libos::Access::writable).begin;
    constexpr std::uint64_t others = libos::threads::limit - 1; // the first one reads too
    libos::Thread* threads[others]{};
    for (std::uint64_t i = 0; i < others; ++i)
        threads[i] = libos::threads::create(read_pages, i + 1);
    read_pages(0);
    for (libos::Thread* const thread : threads)
        libos::threads::join(thread);
    return 0;
}
