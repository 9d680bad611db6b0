// apps/keeper/main.cpp - fills pages, computes until frames are taken from it, and reads all pages
// again.
//
// While it computes it touches none of its pages, so whatever is asked of it or told to it comes as
// an upcall between two instructions. Nothing here knows of it: the pager gives back, mends its
// books and reads again what was saved.

#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

constexpr std::uint64_t words_of_page = 512;
constexpr std::uint64_t rounds_of_turn = 5'000; // then others run
constexpr std::uint64_t patience = 1'000;       // turns

std::uint64_t pattern_of(std::uint64_t word) { return word * 0x9e37'79b9'7f4a'7c15; }

/// Turn by turn, until the exokernel has told of something or nobody will ask any more.
void compute() {
    const volatile abi::ProcessorEnvironmentPage& pe = libos::processor_environment();
    for (std::uint64_t turn = 0; turn != patience && pe.repossessed == 0; ++turn) {
        for (volatile std::uint64_t round = 0; round != rounds_of_turn; round = round + 1) {
        }
        libos::system_call::disregard(libos::system_call::yield());
    }
}

} // namespace

int application_main(libos::Arguments arguments) {
    if (const std::string_view word = arguments.unknown(); !word.empty())
        libos::fail(abi::Error::invalid_argument,
                    "keeper: there is no argument `{}`; it takes none", word);
    // As many pages as there are frames: all are resident, and none is free.
    const std::uint64_t pages = libos::manifest().number("frames", 6);
    if (const auto places = libos::manifest().backing(); places && places->first < pages)
        libos::fail(abi::Error::invalid_argument,
                    "keeper: its {} pages would lie where what is taken is saved, from block {} "
                    "on; give it at most {} frames",
                    pages, places->first, places->first);
    const libos::MappedFile mapped = libos::map_disk(0, pages, libos::Access::writable);
    auto* const words = reinterpret_cast<volatile std::uint64_t*>(mapped.begin);
    const std::uint64_t count = pages * words_of_page;
    for (std::uint64_t word = 0; word != count; ++word)
        words[word] = pattern_of(word);
    compute();
    std::uint64_t equal = 0;
    for (std::uint64_t word = 0; word != count; ++word)
        equal += words[word] == pattern_of(word) ? 1 : 0;
    const libos::PagerFigures figures = libos::pager_figures();
    libos::print("lost {} frames by force; {} pages were read from where they were saved\n",
                 figures.taken, figures.restored);
    libos::print("{} of {} words are what it wrote\n", equal, count);
    libos::print("@output.keeper_lost={}\n@output.keeper_restored={}\n", figures.taken,
                 figures.restored);
    return equal == count ? 0 : 1;
}
