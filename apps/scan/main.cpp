// apps/scan/main.cpp - touches mapped pages in an order that it makes itself.
//
//   --pattern cyclic|uniform|zipf|window   the order (cyclic)
//   --pages N      of the region (the file's, or all blocks of the disk)
//   --passes N     N times as many accesses as pages (1)
//   --threads N    the accesses are split among N threads (1), so that their faults overlap
//   --write        every access adds one to the page's first word; else it only reads it
//   --skew N       of zipf, in hundredths (99)
//   --window N     of window: pages of the working set that moves over all pages (64)
//   --check        with --write: every access is found in the pages afterwards
// The pages are those of the run's first file, or of the disk itself. All choices follow the seed.

#include "apps/scan/pattern.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

using scan::Options;

struct Work {
    Options options;
    std::byte* pages;
    std::uint64_t checksum = 0;
};
Work work;

void touch(std::uint64_t page) {
    auto* const word = reinterpret_cast<volatile std::uint64_t*>(work.pages + page * 4096);
    if (work.options.write)
        *word = *word + 1;
    else
        work.checksum += *word;
}

void run_thread(std::uint64_t number) {
    work.options.pattern.for_each_access(number, work.options.zipf,
                                         [](std::uint64_t page) { touch(page); });
}

libos::MappedFile map_pages(Options& options) {
    const auto access = options.write ? libos::Access::writable : libos::Access::read_only;
    if (libos::has_file(0)) {
        const libos::MappedFile file = libos::map_file(0, access);
        if (options.pattern.pages == 0)
            options.pattern.pages = file.pages;
        if (options.pattern.pages > file.pages || options.pattern.pages == 0)
            libos::fail(abi::Error::out_of_range, "scan: {} has {} pages, --pages asks for {}",
                        file.name, file.pages, options.pattern.pages);
        return file;
    }
    const std::uint64_t blocks = libos::start_information().disk_blocks;
    if (options.pattern.pages == 0)
        options.pattern.pages = blocks;
    if (options.pattern.pages > blocks)
        libos::fail(abi::Error::out_of_range,
                    "scan: the disk has {} blocks, --pages asks for {}; take a larger file with "
                    "`--file`, or fewer pages",
                    blocks, options.pattern.pages);
    return libos::map_disk(0, options.pattern.pages, access);
}

std::uint64_t sum_of_pages() {
    std::uint64_t sum = 0;
    for (std::uint64_t page = 0; page < work.options.pattern.pages; ++page)
        sum += *reinterpret_cast<const std::uint64_t*>(work.pages + page * 4096);
    return sum;
}

} // namespace

int application_main(libos::Arguments arguments) {
    work.options = scan::parse_options(arguments, libos::manifest().number("seed", 1));
    work.pages = map_pages(work.options).begin;
    if (work.options.pattern.threads > 1)
        libos::threads::expect(work.options.pattern.threads + 1);
    scan::prepare(work.options);
    const std::uint64_t before = work.options.check ? sum_of_pages() : 0;

    if (work.options.pattern.threads == 1) {
        run_thread(0);
    } else {
        libos::Thread* threads[libos::threads::limit]{};
        for (std::uint64_t i = 0; i < work.options.pattern.threads; ++i)
            threads[i] = libos::threads::create(run_thread, i);
        for (std::uint64_t i = 0; i < work.options.pattern.threads; ++i)
            libos::threads::join(threads[i]);
    }

    const std::uint64_t accesses = work.options.pattern.access_count();
    libos::print("{} accesses to {} pages\n", accesses, work.options.pattern.pages);
    libos::print("@output.accesses={}\n", accesses);
    if (!work.options.write)
        libos::print("@output.checksum={x}\n", work.checksum);
    if (work.options.check && sum_of_pages() - before != accesses) {
        libos::print("scan: the pages have counted {} accesses of {}: data was lost\n",
                     sum_of_pages() - before, accesses);
        return 1;
    }
    return 0;
}
