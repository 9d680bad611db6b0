// tests/qemu/flush-stress/main.cpp - threads count in pages, advise, load and write back at random.

#include "bindings/abi/system_call.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"
#include "tests/qemu/support/check.hpp"

namespace {

constexpr std::uint64_t pages = 64, threads = 6, steps = 1500;
libos::MappedFile area;
std::uint64_t expected[threads][pages];

std::uint64_t& word(std::uint64_t page, std::uint64_t thread) {
    return reinterpret_cast<std::uint64_t*>(area.begin + page * abi::page_size)[thread * 8];
}

void work(std::uint64_t me) {
    std::uint64_t state = me * 7919 + 12345;
    for (std::uint64_t step = 0; step < steps; ++step) {
        state = state * 6364136223846793005 + 1442695040888963407;
        const std::uint64_t what = state >> 40 & 1023, page = (state >> 33) % pages;
        if (what < 12)
            libos::write_back();
        else if (what == 13)
            (void)libos::load_file("records");
        else if (what < 40)
            libos::advise(area, page, 4 < pages - page ? 4 : pages - page, libos::Hint::will_need);
        else if (what < 600)
            expected[me][page] = ++word(page, me);
        else if (expected[me][page] != 0 && word(page, me) != expected[me][page])
            libos::print("thread {} page {} lost: {} for {}\n", me, page, word(page, me),
                         expected[me][page]);
    }
}

} // namespace

int application_main(libos::Arguments) {
    area = libos::map_disk(0, pages, libos::Access::writable);
    for (std::uint64_t page = 0; page < pages; ++page)
        for (std::uint64_t i = 0; i < threads; ++i)
            word(page, i) = 0;
    libos::threads::share_slices(50 * abi::least_slice);
    libos::Thread* all[threads];
    for (std::uint64_t i = 0; i < threads; ++i)
        all[i] = libos::threads::create(work, i);
    for (libos::Thread* const thread : all)
        libos::threads::join(thread);
    bool right = true;
    for (std::uint64_t page = 0; page < pages; ++page)
        for (std::uint64_t i = 0; i < threads; ++i)
            right &= word(page, i) == expected[i][page];
    check::that("every store is there", right);
    return check::verdict();
}
