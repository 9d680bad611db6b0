// tests/qemu/load-behind-load/main.cpp - two threads read files into memory while a third pages.

#include "bindings/abi/system_call.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"

namespace {

void load(std::uint64_t) { (void)libos::load_file("records"); }

} // namespace

int application_main(libos::Arguments) {
    const libos::MappedFile area = libos::map_disk(0, 64, libos::Access::writable);
    libos::threads::share_slices(abi::least_slice);
    libos::Thread* const one = libos::threads::create(load, 0);
    libos::Thread* const two = libos::threads::create(load, 0);
    libos::threads::yield();
    for (std::uint64_t i = 0; i < 256; ++i)
        area.begin[i % 64 * abi::page_size] = std::byte{1};
    libos::threads::join(one);
    libos::threads::join(two);
    check::that("both have read it", true);
    return check::verdict();
}
