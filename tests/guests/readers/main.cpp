// tests/guests/readers/main.cpp - as many threads as there can be read pages at random, all at a
// time, and write some of them: 32 reads are in flight at once. With the argument `8` there are 8
// threads that write every page, and the first one has everything dirty written back between: 32
// requests of 8 threads at once. For tests of determinism.

#include "bindings/random.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

constexpr std::uint64_t page_count = 1024;
constexpr std::uint64_t touches = 40; // of each thread
std::byte* pages = nullptr;
bool eight = false;

void read_pages(std::uint64_t number) {
    bindings::Random random{libos::manifest().number("seed", 1) + number};
    for (std::uint64_t i = 0; i < touches; ++i) {
        auto* const word =
            reinterpret_cast<volatile std::uint64_t*>(pages + random.below(page_count) * 4096);
        const std::uint64_t value = *word;
        if (eight || i % 8 == 0)
            *word = value + 1;
        if (eight && number == 0 && i % 10 == 9)
            libos::write_back();
    }
}

} // namespace

int application_main(libos::Arguments arguments) {
    eight = arguments.count() != 0 && arguments[0] == "8";
    pages = libos::map_disk(0, page_count, libos::Access::writable).begin;
    const std::uint64_t others = (eight ? 8 : libos::threads::limit) - 1; // the first one reads too
    libos::Thread* threads[libos::threads::limit]{};
    for (std::uint64_t i = 0; i < others; ++i)
        threads[i] = libos::threads::create(read_pages, i + 1);
    read_pages(0);
    for (std::uint64_t i = 0; i < others; ++i)
        libos::threads::join(threads[i]);
    return 0;
}
