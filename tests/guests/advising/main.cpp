// tests/guests/advising/main.cpp - an app that says which pages it will need and which it is done
// with, and looks at what the pager makes of that. For tests; the policy is that of the run.

#include "libos/core/start.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

constexpr std::uint64_t page_count = 24;

libos::MappedFile file;

std::uint64_t faults() { return libos::pager_figures().faults; }
void touch(std::uint64_t page) {
    auto& word = *reinterpret_cast<volatile std::uint64_t*>(file.begin + page * 4096);
    word = word + 1;
}
/// How many faults it costs to touch those pages.
std::uint64_t cost_of(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t before = faults();
    for (std::uint64_t page = first; page != first + count; ++page)
        touch(page);
    return faults() - before;
}

} // namespace

int application_main(libos::Arguments) {
    file = libos::map_disk(0, page_count, libos::Access::writable);
    libos::print("@output.cold={}\n", cost_of(0, 8)); // the pool is full now

    // What the application is done with gives way before what it has touched earlier.
    libos::advise(file, 4, 2, libos::Hint::done_with);
    libos::print("@output.others={}\n", cost_of(8, 2));
    libos::print("@output.kept={}\n", cost_of(0, 4) + cost_of(6, 4));
    libos::print("@output.given_up={}\n", cost_of(4, 1));

    // What it will need is there, or on its way, when it is touched: it is read once.
    const libos::PagerFigures before = libos::pager_figures();
    libos::advise(file, 16, 4, libos::Hint::will_need);
    (void)cost_of(16, 4);
    const libos::PagerFigures after = libos::pager_figures();
    libos::print("@output.read_ahead={}\n@output.read={}\n", after.prefetched - before.prefetched,
                 after.reads - before.reads);
    return 0;
}
