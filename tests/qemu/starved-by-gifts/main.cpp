// tests/qemu/starved-by-gifts/main.cpp - one that is handed the last bit of slices elsewhere keeps
// its own.

#include "tests/qemu/support/slices.hpp"

using abi::Capability;
using child::Child;
using namespace world;
using processors::pause;
using processors::rises_above;
using slices::bind;
using slices::counts;
using slices::pe_of;
using slices::position;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t ticks = 100'000;
constexpr std::uint64_t signal_at = 0x1e'0000;
volatile std::uint64_t& signal() { return *reinterpret_cast<volatile std::uint64_t*>(signal_at); }

// On the victim's processor: gives its own slice up while the victim is elsewhere.
void follows(std::uint64_t) {
    for (;;) {
        signal() = 1;
        while (signal() != 2)
            pause();
        signal() = 0;
        (void)call::yield();
    }
}
// Elsewhere: hands on what is left of its slice, little.
void gives_scraps(std::uint64_t to) {
    for (;;) {
        (void)call::yield(); // a slice begins here
        const std::uint64_t begun = __builtin_ia32_rdtsc();
        while (__builtin_ia32_rdtsc() - begun < abi::least_slice - 2500)
            pause();
        if (child::shared()[0] != 1)
            continue;
        child::shared()[0] = 2;
        (void)call::yield_to({to});
    }
}
} // namespace

int application_main(libos::Arguments) {
    open();
    const Child victim = child::build(), partner = child::build(), giver = child::build();
    child::map(partner.low_leaf, signal_at, giver.shared_frame, access::write);
    const Capability name = child::granted(giver, victim.environment, 0);
    bind(victim, position(1, 0), ticks);
    bind(partner, position(1, 1), ticks);
    bind(giver, position(2, 0), abi::least_slice);
    (void)check::needed("starting", child::start(victim, counts, 0, {}));
    (void)check::needed("starting", child::start(partner, follows, 0, {}));
    (void)check::needed("starting", child::start(giver, gives_scraps, name.value, {}));
    (void)rises_above(victim.shared()[0], 0);
    volatile auto& its = pe_of(victim);
    volatile auto& theirs = pe_of(partner);
    const std::uint64_t before = its.slices, others = theirs.slices;
    for (std::uint64_t i = 0; i != 300'000; ++i)
        pause();
    const std::uint64_t has = its.slices - before, have = theirs.slices - others;
    check::that("it has had as many slices as who comes after it", has + 2 >= have);
    return check::verdict();
}
