// tests/qemu/end-alone/main.cpp - a libOS with slices ends with more dirty pages than go at a time.

#include "bindings/abi/system_call.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"

int application_main(libos::Arguments) {
    constexpr std::uint64_t pages = 48;
    const libos::MappedFile area = libos::map_disk(0, pages, libos::Access::writable);
    libos::threads::share_slices(5 * abi::least_slice);
    for (std::uint64_t i = 0; i < pages; ++i)
        area.begin[i * abi::page_size] = std::byte{1};
    check::that("it has written its pages, and ends", true);
    return check::verdict();
}
