// tests/qemu/hot-paths/main.cpp - four libOSes on four processors, on the paths that take no lock.
//
// While they are there (`hot_paths`), the lines of memory that they and the exokernel use for them
// are counted (`count_lines` in the scenario), and expected.txt says how many one of them writes
// and another one uses: none. Then they do the same and count in one word besides (`with_counter`),
// to show that such a line is seen.

#include "libos/core/heap.hpp"
#include "libos/core/upcall.hpp"
#include "libos/environment/spawn.hpp"
#include "libos/sync/central_barrier.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

// Labels between which lines are counted.
extern "C" {
[[gnu::naked]] void count_hot_paths_begin() { asm("ret"); }
[[gnu::naked]] void count_hot_paths_end() { asm("ret"); }
[[gnu::naked]] void count_with_counter_begin() { asm("ret"); }
[[gnu::naked]] void count_with_counter_end() { asm("ret"); }
}

namespace {

namespace call = libos::system_call;
namespace sync = libos::sync;
using world::access::write;

constexpr std::uint32_t count = 4; // of processors
constexpr std::uint64_t rounds = 20;

struct Shared {
    sync::CentralBarrier<> gate;
    sync::Line<sync::Processors> counter;        // that all write
    sync::Line<sync::Processors> faults[count];  // that each has taken
    sync::Line<sync::Processors> refused[count]; // calls
};

abi::Capability frame; // that comes and goes, in a table of its own
std::uint64_t faults = 0, refused = 0;

void perform(const call::Value& value) { refused += value ? 0 : 1; }

abi::Vpn page() { return page_of(abi::VirtualAddress{world::playground}); }

bool map_what_is_missing(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    ++faults;
    perform(call::install(world::leaf, page(), frame, write));
    return false;
}

// A null call, install and remove; a fault with its upcall, install and resume.
void take_hot_paths() {
    call::null();
    perform(call::install(world::leaf, page(), frame, write));
    world::words(0)[0] = 1;
    perform(call::remove(world::leaf, page()));
    world::words(0)[1] = 2;
    perform(call::remove(world::leaf, page()));
}

// Between two meetings, which are not counted: so all are in their rounds at the same time.
template <class Round>
void take_rounds(Shared& shared, sync::Participant& self, void (*begin)(), void (*end)(),
                 Round round) {
    shared.gate.wait(self);
    round(); // what is used for the first time
    shared.gate.wait(self);
    begin();
    for (std::uint64_t i = 0; i != rounds; ++i) {
        round();
        sync::Processors::pause();
    }
    end();
    shared.gate.wait(self);
}

void take_part(Shared& shared, std::uint32_t index) {
    world::leaf = libos::bind_leaf_table(world::playground);
    libos::bind_frames({&frame, 1});
    libos_handle_page_fault = map_what_is_missing;
    sync::Participant self{index, count};
    take_rounds(shared, self, count_hot_paths_begin, count_hot_paths_end, take_hot_paths);
    take_rounds(shared, self, count_with_counter_begin, count_with_counter_end, [&] {
        take_hot_paths();
        shared.counter.word.fetch_add(1);
    });
    shared.faults[index].word.store(faults);
    shared.refused[index].word.store(refused);
    shared.gate.wait(self);
}

Shared& shared_in(abi::Capability lent) {
    return *reinterpret_cast<Shared*>(libos::heap::adopt_pages({&lent, 1}));
}

libos::Child started_on(std::uint32_t processor, abi::Capability lent) {
    char room[64];
    libos::Line manifest{room};
    const libos::FormatArgument words[] = {processor};
    manifest.format("app=hot-paths\narguments={}\n", words);
    libos::Allowance allowance;
    allowance.frames = 128;
    allowance.processor = processor;
    allowance.lent[0] = {lent, world::rights::read | world::rights::write};
    const auto child = libos::spawn("hot-paths", manifest.text(), allowance);
    if (!child)
        libos::fail(child.error(), "starting a libOS on processor {} failed: {}", processor,
                    name_of(child.error()));
    return *child;
}

} // namespace

int application_main(libos::Arguments arguments) {
    if (arguments.count() != 0) {
        take_part(shared_in(libos::start_information().lent[0]),
                  static_cast<std::uint32_t>(arguments[0][0] - '0'));
        return 0;
    }
    check::equal("the processors that run", world::facts().processors, count);
    abi::Capability lent;
    libos::bind_frames({&lent, 1});
    Shared& shared = shared_in(lent);
    libos::Child others[count];
    for (std::uint32_t i = 1; i != count; ++i)
        others[i] = started_on(i, lent);
    take_part(shared, 0);
    for (std::uint32_t i = 0; i != count; ++i) {
        check::equal("a libOS has taken a fault in each round", shared.faults[i].word.load(),
                     2 * (rounds + 1));
        check::equal("and none of its calls was refused", shared.refused[i].word.load(), 0);
    }
    check::equal("all have counted in one word", shared.counter.word.load(), count * (rounds + 1));
    for (std::uint32_t i = 1; i != count; ++i) {
        while (libos::end_of(others[i]) == nullptr) {
            const libos::UpcallsDisabled guard;
            if (libos::end_of(others[i]) == nullptr)
                call::disregard(call::wait());
        }
        libos::bury(others[i]);
    }
    return check::verdict();
}
