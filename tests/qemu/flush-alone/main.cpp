// tests/qemu/flush-alone/main.cpp - the only thread of a libOS with slices writes back, while
// nobody else can run: it waits, and does not overrun its slices.

#include "bindings/abi/system_call.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"

int application_main(libos::Arguments) {
    constexpr std::uint64_t pages = 48;
    const libos::MappedFile area = libos::map_disk(0, pages, libos::Access::writable);
    libos::threads::share_slices(5 * abi::least_slice);
    for (std::uint64_t round = 0; round < 4; ++round) {
        for (std::uint64_t i = 0; i < pages; ++i)
            area.begin[i * abi::page_size] = std::byte{1};
        libos::write_back();
    }
    check::that("it has written back four times", true);
    check::that("and has not used a slice's length past the ends of its slices",
                libos::processor_environment().excess_time < abi::least_slice);
    return check::verdict();
}
