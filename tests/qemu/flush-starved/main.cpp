// tests/qemu/flush-starved/main.cpp - a thread writes back again and again; another one that wants
// to write back once has its turn.

#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"

namespace {

bool stop = false;
std::uint64_t rounds = 0;
libos::MappedFile area;

void write_on(std::uint64_t page) {
    for (std::uint64_t round = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED) && round < 1000;
         ++round) {
        area.begin[page * abi::page_size] = std::byte{1};
        libos::write_back();
        __atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
    }
    check::that("the other one had its turn before a thousand of these", stop);
}

} // namespace

int application_main(libos::Arguments) {
    area = libos::map_disk(0, 16, libos::Access::writable);
    area.begin[0] = std::byte{1};
    libos::Thread* const one = libos::threads::create(write_on, 1);
    while (__atomic_load_n(&rounds, __ATOMIC_RELAXED) == 0)
        libos::threads::yield();
    area.begin[0] = std::byte{1};
    libos::write_back();
    stop = true;
    libos::threads::join(one);
    return check::verdict();
}
