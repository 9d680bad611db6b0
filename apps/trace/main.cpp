// apps/trace/main.cpp - touches the pages of a reference string, in its order and nothing else.
//
//   --check   afterwards every page that was stored to is read once more, which may fault
//
// The string is the run's file `trace`: words of 32 bits, lowest byte first, page << 2 | written
// (bit 1, an instruction fetch, is a load: no managed page can be executed). The pages are those of
// its file `pages`, which the host makes as long as the string needs. The string, the counts and
// all else of this program lie outside the pager's pool, so the run's faults are those of the
// string. A store writes how often its page has been stored to, without reading it first; a load
// must find that number. So a page that lost its contents is noticed at its next load.

#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

struct Work {
    std::span<const std::uint32_t> references;
    std::byte* pages = nullptr;
    std::span<std::uint32_t> stored; // by page: how often
    std::uint64_t loads = 0, stores = 0;
    std::uint64_t checksum = 0; // sum of what the loads have read
};
Work work;

volatile std::uint64_t& word_of(std::uint64_t page) {
    return *reinterpret_cast<volatile std::uint64_t*>(work.pages + page * 4096);
}

std::span<const std::uint32_t> read_string() {
    const std::span<const std::byte> bytes = libos::load_file("trace");
    if (bytes.empty() || bytes.size() % 4 != 0)
        libos::fail(abi::Error::invalid_argument,
                    "trace: the trace has {} bytes; it must hold references of 4 bytes each, at "
                    "least one",
                    bytes.size());
    return {reinterpret_cast<const std::uint32_t*>(bytes.data()), bytes.size() / 4};
}

void check_pages(std::uint64_t pages) {
    for (std::size_t i = 0; i < work.references.size(); ++i)
        if (const std::uint64_t page = work.references[i] >> 2; page >= pages)
            libos::fail(abi::Error::out_of_range,
                        "trace: reference {} (the first is 0) is page {}, but there are only {} "
                        "pages; give `pages` more of them, or the trace smaller numbers",
                        i, page, pages);
}

[[gnu::always_inline]] inline void load(std::uint64_t page, std::uint64_t reference) {
    const std::uint64_t found = word_of(page);
    work.checksum += found;
    if (found == work.stored[page]) [[likely]]
        return;
    libos::print("trace: at reference {} page {} holds {}, but was stored to {} times: data was "
                 "lost\n",
                 reference, page, found, work.stored[page]);
    libos::finish(1);
}

// `exo bench` measures from the call of one to the call of the other.
extern "C" [[gnu::noinline]] void trace_begin() { asm volatile(""); }
extern "C" [[gnu::noinline]] void trace_end() { asm volatile(""); }

// Its instructions, and no others, are the application's own there.
extern "C" [[gnu::noinline]] void trace_touch_all() {
    for (std::size_t i = 0; i < work.references.size(); ++i) {
        const std::uint64_t page = work.references[i] >> 2;
        if ((work.references[i] & 1) != 0) {
            word_of(page) = ++work.stored[page];
            ++work.stores;
        } else {
            load(page, i);
            ++work.loads;
        }
    }
}

} // namespace

int application_main(libos::Arguments arguments) {
    for (std::size_t i = 0; i < arguments.count(); ++i)
        if (arguments[i] != "--check")
            libos::fail(abi::Error::invalid_argument,
                        "trace: there is no argument `{}`; there is --check", arguments[i]);
    work.references = read_string();
    const libos::MappedFile pages = libos::map_file_named("pages", libos::Access::writable);
    check_pages(pages.pages);
    work.pages = pages.begin;
    work.stored = libos::heap::allocate_array<std::uint32_t>(pages.pages);
    trace_begin();
    trace_touch_all();
    trace_end();

    libos::print("{} references, {} loads and {} stores, to {} pages\n", work.references.size(),
                 work.loads, work.stores, pages.pages);
    libos::print("@output.references={}\n@output.loads={}\n@output.stores={}\n",
                 work.references.size(), work.loads, work.stores);
    libos::print("@output.checksum={x}\n", work.checksum);
    // Those that were needed to make room; what is dirty still is written at the end.
    libos::print("@output.writebacks={}\n", libos::pager_figures().writebacks);
    if (arguments.has("--check"))
        for (std::uint64_t page = 0; page < pages.pages; ++page)
            if (work.stored[page] != 0)
                load(page, work.references.size());
    return 0;
}
