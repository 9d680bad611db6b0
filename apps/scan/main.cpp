// apps/scan/main.cpp - touches mapped pages in a given order: reference strings for policies.
//
//   --pattern cyclic|uniform|zipf|trace   the order (cyclic)
//   --pages N      of the region (the file's, or all blocks of the disk)
//   --passes N     N times as many accesses as pages (1); a trace is read N times
//   --threads N    the accesses are split among N threads (1), so that their faults overlap
//   --write        every access adds one to the page's first word; else it only reads it
//   --skew N       of zipf, in hundredths (99)
//   --check        with --write: every access is found in the pages afterwards
// A trace is the run's file called `trace`: page numbers, 32 bits each, lowest byte first. The
// pages are those of the first other file, or of the disk itself. All choices follow the seed.

#include "apps/scan/pattern.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

using scan::Options;
using scan::Pattern;

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

void run_thread(std::uint64_t number) { scan::for_each_access(work.options, number, touch); }

libos::MappedFile map_pages(Options& options) {
    const auto access = options.write ? libos::Access::writable : libos::Access::read_only;
    std::size_t index = 0;
    if (options.pattern == Pattern::trace) {
        while (const auto file = libos::manifest().file(index)) {
            if (file->name != "trace")
                break;
            ++index;
        }
    }
    if (libos::has_file(index)) {
        const libos::MappedFile file = libos::map_file(index, access);
        if (options.pages == 0)
            options.pages = file.pages;
        if (options.pages > file.pages || options.pages == 0)
            libos::fail(abi::Error::out_of_range, "scan: {} has {} pages, --pages asks for {}",
                        file.name, file.pages, options.pages);
        return file;
    }
    const std::uint64_t blocks = libos::start_information().disk_blocks;
    if (options.pages == 0)
        options.pages = blocks;
    if (options.pages > blocks)
        libos::fail(abi::Error::out_of_range,
                    "scan: the disk has {} blocks, --pages asks for {}; take a larger file with "
                    "`--file`, or fewer pages",
                    blocks, options.pages);
    return libos::map_disk(0, options.pages, access);
}

std::uint64_t sum_of_pages() {
    std::uint64_t sum = 0;
    for (std::uint64_t page = 0; page < work.options.pages; ++page)
        sum += *reinterpret_cast<const std::uint64_t*>(work.pages + page * 4096);
    return sum;
}

} // namespace

int application_main(libos::Arguments arguments) {
    work.options = scan::parse_options(arguments, libos::manifest().number("seed", 1));
    if (work.options.pattern == Pattern::trace)
        scan::use_trace(work.options, libos::load_file("trace"));
    work.pages = map_pages(work.options).begin;
    if (work.options.threads > 1)
        libos::threads::expect(work.options.threads + 1);
    scan::prepare(work.options);
    const std::uint64_t before = work.options.check ? sum_of_pages() : 0;

    if (work.options.threads == 1) {
        run_thread(0);
    } else {
        libos::Thread* threads[libos::threads::limit]{};
        for (std::uint64_t i = 0; i < work.options.threads; ++i)
            threads[i] = libos::threads::create(run_thread, i);
        for (std::uint64_t i = 0; i < work.options.threads; ++i)
            libos::threads::join(threads[i]);
    }

    const std::uint64_t accesses = scan::access_count(work.options);
    libos::print("{} accesses to {} pages\n", accesses, work.options.pages);
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
