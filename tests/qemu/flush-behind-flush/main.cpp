// tests/qemu/flush-behind-flush/main.cpp - several threads write back at a time, again and again:
// each waits its turn, and all get theirs.

#include "bindings/abi/system_call.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"

namespace {

constexpr std::uint64_t pages = 16, threads = 3, rounds = 100;
libos::MappedFile area;

void write_pages(std::uint64_t first) {
    for (std::uint64_t round = 0; round < rounds; ++round) {
        for (std::uint64_t i = first; i < pages; i += threads)
            area.begin[i * abi::page_size] = std::byte{1};
        libos::write_back();
    }
}

} // namespace

int application_main(libos::Arguments) {
    area = libos::map_disk(0, pages, libos::Access::writable);
    libos::Thread* all[threads];
    for (std::uint64_t i = 0; i < threads; ++i)
        all[i] = libos::threads::create(write_pages, i);
    for (libos::Thread* const thread : all)
        libos::threads::join(thread);
    check::that("every thread has written back a hundred times", true);
    return check::verdict();
}
