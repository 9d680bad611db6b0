// tests/qemu/failed-behind-flush/main.cpp - a read fails while another thread writes back: that
// ends the run, and no thread goes on beside the last one.

#include "bindings/abi/system_call.hpp"
#include "libos/core/print.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

constexpr std::uint64_t pages = 16, bad_block = 3;
libos::MappedFile area;

void touch_bad(std::uint64_t) {
    const volatile std::byte& bad = area.begin[bad_block * abi::page_size];
    (void)static_cast<std::byte>(bad);
}

} // namespace

int application_main(libos::Arguments) {
    area = libos::map_disk(0, pages, libos::Access::writable);
    libos::threads::share_slices(abi::least_slice);
    for (std::uint64_t i = 4; i < pages; ++i)
        area.begin[i * abi::page_size] = std::byte{1};
    libos::threads::create(touch_bad, 0);
    libos::threads::yield(); // it faults, and waits
    libos::write_back();
    for (int i = 0; i < 20; ++i)
        libos::print("the thread goes on after the run has failed {}\n",
                     static_cast<std::uint64_t>(i));
    return 0;
}
