// tests/qemu/pagers-elsewhere/main.cpp - libOSes that page on three other processors are asked for
// frames, and lose some by force, while all of them run.
//
// Each has a third of the disk. One only reads, and has no places for what is taken from it: it
// finds that out by trying. The others write, and what they lose is saved. Their transfers complete
// on the first processor, which asks them meanwhile.

#include "bindings/abi/revocation.hpp"
#include "libos/core/heap.hpp"
#include "libos/environment/spawn.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using namespace world;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t blocks = 64; // of each one's pages; behind them its places
constexpr std::uint64_t patient = std::uint64_t{1} << 40; // the longest: no matter who else runs
constexpr std::uint64_t too_short = 1000;

struct Pager {
    const char *program, *manifest;
    libos::Child held = {};
    const volatile abi::ProcessorEnvironmentPage* page = nullptr; // its PE page
};

void start(Pager& pager, std::uint64_t processor) {
    constexpr std::uint64_t part = blocks + abi::repossession_slots;
    libos::Allowance allowance;
    allowance.frames = 100;
    allowance.first_block = (processor - 1) * part;
    allowance.blocks = part;
    allowance.disk_rights = rights::read | rights::write;
    allowance.processor = processor;
    allowance.console = false; // whose line comes first is not said
    const auto child = libos::spawn(pager.program, pager.manifest, allowance);
    if (!child)
        libos::fail(child.error(), "spawn: {}", name_of(child.error()));
    pager.held = *child;
    pager.page = reinterpret_cast<const volatile abi::ProcessorEnvironmentPage*>(
        libos::heap::adopt_pages({&child->pe_frame, 1}));
}

struct Outcome {
    std::uint64_t given, taken;
};

Outcome ask(const Pager& pager, std::uint32_t count, std::uint64_t deadline) {
    const auto result = call::request_revocation(pager.held.frames, pager.held.environment,
                                                 pager.held.own_frames, count, deadline);
    if (!result)
        libos::fail(result.error(), "asking for frames: {}", name_of(result.error()));
    return {*result & 0xffff'ffff, *result >> 32};
}

std::uint32_t unused_frames(const Pager& pager) {
    const abi::CapabilityEntry memory = entry_of(pager.held.frames);
    return static_cast<std::uint32_t>(memory.detail - memory.object);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    Pager pagers[] = {
        {"scan", "app=scan\nframes=24\npolicy=clock\nfile=pages 0 262144\n"
                 "arguments=--pattern uniform --threads 2 --passes 16\n"},
        {"scan", "app=scan\nframes=24\npolicy=clock\nfile=pages 0 262144\nbacking=64 128\n"
                 "arguments=--pattern uniform --threads 2 --passes 16 --write --check\n"},
        {"scan", "app=scan\nframes=24\npolicy=fifo\nfile=pages 0 262144\nbacking=64 128\n"
                 "arguments=--pattern cyclic --passes 12 --write --check\n"},
    };
    const std::uint64_t ended = child::ended_count();
    for (std::uint64_t i = 0; i != std::size(pagers); ++i)
        start(pagers[i], i + 1);
    Outcome all{};
    const auto ask_each = [&](std::uint64_t faults, auto count, std::uint64_t deadline) {
        for (const Pager& pager : pagers) {
            while (pager.page->faults < faults) // its processor goes on meanwhile
                asm volatile("pause");
            const Outcome one = ask(pager, count(pager), deadline);
            all = {all.given + one.given, all.taken + one.taken};
        }
    };
    ask_each(100, unused_frames, patient); // its threads are there; all it has is in use
    const auto three = [](const Pager&) { return 3u; };
    ask_each(120, three, patient);
    check::equal("pagers on three processors give back what they are asked for", all.taken, 0);
    all = {};
    for (const std::uint64_t faults : {160u, 200u, 240u})
        ask_each(faults, three, too_short);
    check::equal("and come back to it with too little time", all.given + all.taken, 27);
    check::that("by force", all.taken != 0);
    (void)child::wait_for_end(ended + 3);
    for (const Pager& pager : pagers) {
        const abi::EndNotice* const end = libos::end_of(pager.held);
        check::that("it went on to its end", end != nullptr && end->reason == 0);
        check::equal("and has lost nothing", end->status, 0);
        libos::bury(pager.held);
    }
    return check::verdict();
}
