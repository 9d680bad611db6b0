// apps/faults-parallel/main.cpp - page faults on several processors at once, in a range that each
// has for itself and in one that all share.
//
// The first libOS starts an environment on each other processor and makes both ranges; all fault in
// the same number of pages in each. Nobody touches a page of another one: what passes between the
// processors is what handling the faults costs, and `exo run` counts it (`--count-lines`).

#include <algorithm>

#include "libos/core/address_space.hpp"
#include "libos/core/format.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/core/upcall.hpp"
#include "libos/environment/spawn.hpp"
#include "libos/sync/central_barrier.hpp"
#include "libos/vm/address_ranges.hpp"

extern "C" {
void count_private_begin(), count_private_end(), count_shared_begin(), count_shared_end();
}

namespace {

namespace sync = libos::sync;
using libos::AddressRanges;
using libos::Reference;
using libos::Sharing;

constexpr std::uint32_t most = sync::most_participants;
constexpr std::uint64_t frames_of_participant = 256;            // tables, heap, ring, pages
constexpr std::uint64_t stripe = abi::entries_per_table / most; // pages of each in a range
constexpr std::uint64_t private_begin = AddressRanges::begin;
constexpr std::uint64_t shared_begin = private_begin + AddressRanges::bytes;

struct Shared {
    sync::CentralBarrier<> gate;
    AddressRanges::Ranges ranges;
    Reference private_range, shared_range;
    std::uint64_t slots[most][most];                // [whose][for the table of whose address space]
    sync::Line<sync::Processors> faults[most];      // that each has taken in both ranges
    sync::Line<sync::Processors> wrong_pages[most]; // that each has seen
};
constexpr std::size_t shared_frames = 3; // the fourth loan is free
static_assert(sizeof(Shared) <= shared_frames * abi::page_size);

struct Self {
    Shared& shared;
    AddressRanges& ranges;
    std::uint64_t pages; // that are counted, of each; one before them makes the representative
    sync::Participant gate;

    void meet() { shared.gate.wait(gate); }
};

const volatile abi::SystemPage& facts() {
    return *reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page);
}

void require(std::string_view what, const abi::Result<void>& done) {
    if (!done)
        libos::fail(done.error(), "faults-parallel: {} failed: {}", what, name_of(done.error()));
}
template <class Value> Value needed(std::string_view what, const abi::Result<Value>& value) {
    if (!value)
        libos::fail(value.error(), "faults-parallel: {} failed: {}", what, name_of(value.error()));
    return *value;
}

volatile std::uint64_t& word(std::uint64_t begin, std::uint64_t page) {
    return *reinterpret_cast<volatile std::uint64_t*>(begin + page * abi::page_size);
}
// What a participant writes into a page of its own.
std::uint64_t content_of(std::uint32_t index, std::uint64_t page) {
    return std::uint64_t{index} * 1000 + page + 1;
}

// Whether the page was zero.
bool fault_in(std::uint64_t begin, std::uint32_t index, std::uint64_t page) {
    const bool was_zero = word(begin, index * stripe + page) == 0;
    word(begin, index * stripe + page) = content_of(index, page);
    return was_zero;
}

struct Cost {
    std::uint64_t instructions, interrupts, flushes;
};

// Faults in the own part of the range at `begin`.
Cost measure(Self& self, std::uint64_t begin, void (*count_begin)(), void (*count_end)()) {
    std::uint64_t wrong = 0;
    require("binding frames", self.ranges.fill_pool(static_cast<std::uint32_t>(self.pages) + 1));
    wrong += fault_in(begin, self.gate.index, 0) ? 0 : 1;
    self.meet();
    const Cost before{__builtin_ia32_rdtsc(), facts().processor_interrupts, facts().shootdowns};
    self.meet();
    count_begin();
    for (std::uint64_t page = 1; page <= self.pages; ++page) {
        wrong += fault_in(begin, self.gate.index, page) ? 0 : 1;
        sync::Processors::pause();
    }
    count_end();
    self.meet();
    const Cost after{__builtin_ia32_rdtsc(), facts().processor_interrupts, facts().shootdowns};
    self.meet();
    self.shared.wrong_pages[self.gate.index].word.fetch_add(wrong);
    return {after.instructions - before.instructions, after.interrupts - before.interrupts,
            after.flushes - before.flushes};
}

// Pages that are not what was written there: in a private range only this one wrote.
std::uint64_t wrong_pages(const Self& self) {
    std::uint64_t wrong = 0;
    for (std::uint64_t page = 0; page <= self.pages; ++page) {
        wrong += word(private_begin, self.gate.index * stripe + page) !=
                         content_of(self.gate.index, page)
                     ? 1
                     : 0;
        for (std::uint32_t other = 0; other != self.gate.count; ++other)
            wrong += word(shared_begin, other * stripe + page) != content_of(other, page) ? 1 : 0;
    }
    return wrong;
}

struct Costs {
    Cost private_range, shared_range;
    std::uint64_t given_back; // frames
};

// The ranges exist; all participants do this.
Costs take_part(Self& self) {
    const std::uint64_t faults = libos::processor_environment().faults;
    require("using a range", self.ranges.use(self.shared.private_range, private_begin));
    require("using a range", self.ranges.use(self.shared.shared_range, shared_begin));
    Costs costs{};
    costs.private_range = measure(self, private_begin, count_private_begin, count_private_end);
    costs.shared_range = measure(self, shared_begin, count_shared_begin, count_shared_end);
    self.shared.wrong_pages[self.gate.index].word.fetch_add(wrong_pages(self));
    self.shared.faults[self.gate.index].word.store(libos::processor_environment().faults - faults);
    self.meet();
    const std::uint64_t free = facts().free_frames;
    self.meet();
    if (self.gate.index == 0)
        for (const Reference range : {self.shared.private_range, self.shared.shared_range})
            require("destroying a range", self.ranges.destroy(range));
    self.meet();
    while (self.ranges.settle() != 0)
        sync::Processors::pause();
    self.meet();
    costs.given_back = facts().free_frames - free;
    self.meet();
    return costs;
}

Shared& shared_in(std::span<const abi::Capability> frames) {
    return *reinterpret_cast<Shared*>(libos::heap::adopt_pages(frames));
}

libos::Child started_on(std::uint32_t processor, std::uint32_t count, std::uint64_t pages,
                        std::span<const abi::Capability> frames) {
    char room[128];
    libos::Line manifest{room};
    const libos::FormatArgument words[] = {processor, count, pages, facts().deterministic};
    manifest.format("app=faults-parallel\narguments=--participant {} --of {} --pages {}\n"
                    "deterministic={}\n",
                    words);
    libos::Allowance allowance;
    allowance.frames = frames_of_participant;
    allowance.processor = processor;
    for (std::size_t i = 0; i != frames.size(); ++i)
        allowance.lent[i] = {frames[i], abi::rights::read | abi::rights::write};
    const auto child = libos::spawn("faults-parallel", manifest.text(), allowance);
    if (!child)
        libos::fail(child.error(),
                    "faults-parallel: starting an environment on processor {} failed: {}",
                    processor, name_of(child.error()));
    return *child;
}

std::uint64_t pages_of(const libos::Arguments& arguments) {
    const std::string_view unknown = arguments.unknown({"--pages", "--participant", "--of"});
    if (!unknown.empty())
        libos::fail(abi::Error::invalid_argument,
                    "faults-parallel: there is no argument `{}`; --pages is", unknown);
    const std::uint64_t pages = arguments.number("--pages", 32).value_or(0);
    if (pages == 0 || pages >= stripe)
        libos::fail(abi::Error::invalid_argument,
                    "faults-parallel: --pages {}: is to be a number from 1 to {}",
                    arguments.option("--pages", ""), stripe - 1);
    return pages;
}

// Opens slots for the tables of a shared range, and waits until the ranges are there.
void join(Self& self) {
    require("opening slots",
            AddressRanges::open_slots(
                std::span{self.shared.slots[self.gate.index]}.first(self.gate.count)));
    self.meet();
    self.meet();
}

void make_ranges(Self& self, std::span<const libos::Child> others) {
    self.meet();
    AddressRanges::Participant participants[most];
    participants[0] = {libos::start_information().self, libos::start_information().root_table, {}};
    for (std::uint32_t i = 1; i != self.gate.count; ++i) {
        participants[i] = {others[i].environment, others[i].root, {}};
        std::ranges::copy(self.shared.slots[i], participants[i].slots);
    }
    self.shared.private_range =
        needed("making the private range", self.ranges.create_private(private_begin));
    self.shared.shared_range = needed(
        "making the shared range",
        self.ranges.create_shared(shared_begin, std::span{participants}.first(self.gate.count)));
    self.meet();
}

void print_row(std::string_view name, const Cost& cost, const Self& self) {
    const std::uint64_t faults = self.pages * self.gate.count;
    libos::print("{}: {} faults, {} instructions each, {} interrupts, {} TLBs flushed\n", name,
                 faults, cost.instructions / faults, cost.interrupts, cost.flushes);
    libos::print("@output.{}_fault={}\n", name, cost.instructions / faults);
    libos::print("@output.{}_interrupts={}\n", name, cost.interrupts);
    libos::print("@output.{}_flushes={}\n", name, cost.flushes);
}

} // namespace

int application_main(libos::Arguments arguments) {
    const std::uint64_t pages = pages_of(arguments);
    if (arguments.has("--participant")) {
        const auto index =
            static_cast<std::uint32_t>(arguments.number("--participant", 0).value_or(0));
        const auto count = static_cast<std::uint32_t>(arguments.number("--of", 1).value_or(1));
        Shared& shared = shared_in(std::span{libos::start_information().lent}.first(shared_frames));
        AddressRanges ranges{shared.ranges, index};
        Self self{shared, ranges, pages, {index, count}};
        join(self);
        take_part(self);
        return 0;
    }
    const std::uint32_t count = facts().processors;
    if (count == 1)
        libos::fail(abi::Error::invalid_argument,
                    "faults-parallel: one processor has nobody to share with; say `--cpus 2` or "
                    "more");
    abi::Capability frames[shared_frames];
    libos::bind_frames(frames);
    Shared& shared = shared_in(frames);
    libos::Child others[most];
    for (std::uint32_t i = 1; i != count; ++i)
        others[i] = started_on(i, count, pages, frames);
    AddressRanges ranges{shared.ranges, 0};
    Self self{shared, ranges, pages, {0, count}};
    make_ranges(self, others);
    const Costs costs = take_part(self);
    print_row("private", costs.private_range, self);
    print_row("shared", costs.shared_range, self);
    std::uint64_t wrong = 0, faults = 0;
    for (std::uint32_t i = 0; i != count; ++i) {
        wrong += shared.wrong_pages[i].word.load();
        faults += shared.faults[i].word.load();
    }
    libos::print("@output.faults_taken={}\n@output.wrong_pages={}\n@output.frames_given_back={}\n",
                 faults, wrong, costs.given_back);
    for (std::uint32_t i = 1; i != count; ++i)
        libos::bury_at_its_end(others[i]);
    if (wrong != 0)
        libos::print("{} pages were not zero at first, or not what was written\n", wrong);
    return wrong == 0 ? 0 : static_cast<int>(abi::Error::invalid_argument);
}
