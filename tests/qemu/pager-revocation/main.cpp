// tests/qemu/pager-revocation/main.cpp - a libOS that pages is asked for frames, and loses some.
//
// It sorts records of the disk in place. Asked with time enough, it gives back what is asked for,
// dirty pages included; asked with too little, it loses frames by force. Either way the disk holds
// the sorted records in the end: what was taken was saved, and came back. Another one's heap has
// grown since it bound its pool: those frames are its newest, and it loses others.

#include "bindings/abi/revocation.hpp"
#include "libos/environment/child_space.hpp"
#include "libos/environment/spawn.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using namespace world;
namespace call = libos::system_call;

namespace {

constexpr std::uint32_t blocks = 64; // of records; behind them the places of what is taken
constexpr std::uint32_t record_words = 8;
constexpr std::uint64_t patient = 50'000'000; // instructions of the receiver's own
constexpr std::uint64_t too_short = 1000;
constexpr std::uint64_t shorter_than_a_write = 10'000;

// What is on the disk: whether it is sorted, and sums that do not depend on the order.
struct Contents {
    bool sorted = true;
    std::uint64_t sum = 0, squares = 0;
};

void write_records(Capability buffer) {
    std::uint64_t state = 0x9e37'79b9'7f4a'7c15;
    for (std::uint32_t block = 0; block != blocks; ++block) {
        for (unsigned i = 0; i != 512; ++i) {
            state = state * 6364136223846793005 + 1442695040888963407;
            words(1)[i] = state >> 8;
        }
        (void)disk::perform(abi::IoOperation::write, start().disk, block, buffer);
    }
}

Contents read_records(Capability buffer) {
    Contents seen;
    std::uint64_t last = 0;
    for (std::uint32_t block = 0; block != blocks; ++block) {
        (void)disk::perform(abi::IoOperation::read, start().disk, block, buffer);
        for (unsigned i = 0; i != 512; ++i) {
            const std::uint64_t word = words(1)[i];
            seen.sum += word;
            seen.squares += word * word;
            if (i % record_words != 0)
                continue;
            const std::uint64_t key = __builtin_bswap64(word); // memcmp's order
            seen.sorted &= last <= key;
            last = key;
        }
    }
    return seen;
}

using Counter = std::uint64_t abi::ProcessorEnvironmentPage::*;
std::uint64_t count_of(const libos::Child& child, Counter counter) {
    std::uint64_t count = ~0ull;
    const libos::UpcallsDisabled guard;
    (void)libos::with_frame(child.pe_frame, [&](void* page) {
        count = static_cast<const abi::ProcessorEnvironmentPage*>(page)->*counter;
    });
    return count;
}
std::uint64_t faults_of(const libos::Child& child) {
    return count_of(child, &abi::ProcessorEnvironmentPage::faults);
}

struct Outcome {
    std::uint64_t given, taken;
};

/// Asks for `unused` frames of the child's authority and for `count` that it has, once it has taken
/// so many faults.
Outcome ask_at(const libos::Child& child, std::uint64_t faults, std::uint32_t unused,
               std::uint32_t count, std::uint64_t deadline) {
    while (faults_of(child) < faults)
        (void)call::yield();
    const auto result = call::request_revocation(child.frames, child.environment, child.own_frames,
                                                 unused + count, deadline);
    if (!result)
        libos::fail(result.error(), "asking for frames: {}", name_of(result.error()));
    return {(*result & 0xffff'ffff) - unused, *result >> 32};
}

std::uint32_t unused_frames(const libos::Child& child) {
    const abi::CapabilityEntry memory = entry_of(child.frames);
    return static_cast<std::uint32_t>(memory.detail - memory.object);
}

/// `program` with the test's part of the disk: pages in front, and places behind them.
libos::Child start(std::string_view program, std::string_view manifest) {
    libos::Allowance allowance;
    allowance.frames = 100;
    allowance.blocks = blocks + abi::repossession_slots;
    allowance.disk_rights = rights::read | rights::write;
    const auto child = libos::spawn(program, manifest, allowance);
    if (!child)
        libos::fail(child.error(), "spawn: {}", name_of(child.error()));
    return *child;
}

/// The stacks of scan's threads are bound behind its pool. It gives nothing back in so short a time
/// and counts in its pages afterwards whether anything was lost.
void take_from_threads() {
    const std::uint64_t ended = child::ended_count();
    const libos::Child child =
        start("scan", "app=scan\nframes=24\npolicy=clock\n"
                      "arguments=--pattern uniform --threads 4 --passes 8 --write --check\n"
                      "file=records 0 262144\nbacking=64 128\n");
    while (faults_of(child) < 120) // its first look at all pages is over
        (void)call::yield();
    const Outcome forced = ask_at(child, 120, unused_frames(child), 3, too_short);
    check::equal("of a libOS whose heap has grown since frames are taken by force",
                 forced.given + forced.taken, 3);
    check::that("and not given back", forced.taken != 0);
    const abi::EndNotice end = child::wait_for_end(ended + 1);
    check::equal("it lives on without them", end.reason, 0);
    check::equal("and finds every count in its pages", end.status, 0);
    libos::bury(child);
}

/// keeper has six pages in six frames, written. Its time is over while it still writes the three
/// that its thread can do without: what it gave of them now it would give on top of the five.
void take_all_but_one() {
    const std::uint64_t ended = child::ended_count();
    const libos::Child child =
        start("keeper", "app=keeper\nframes=6\npolicy=clock\nbacking=64 128\n");
    while (faults_of(child) < 6)
        (void)call::yield();
    constexpr Counter turns = &abi::ProcessorEnvironmentPage::slices;
    const std::uint64_t before = count_of(child, turns);
    while (count_of(child, turns) < before + 2) // then the last page is there
        (void)call::yield();
    const Outcome forced = ask_at(child, 6, unused_frames(child), 5, shorter_than_a_write);
    check::equal("of six frames five go by force", forced.taken, 5);
    check::equal("and none is given", forced.given, 0);
    check::equal("it lives on with the last one, and finds what it wrote",
                 child::wait_for_end(ended + 1).status, 0);
    libos::bury(child);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    disk::open();
    const Capability buffer = frame();
    (void)install(1, buffer);
    write_records(buffer);
    const Contents before = read_records(buffer);

    const libos::Child child =
        start("sort", "app=sort\nframes=16\npolicy=clock\narguments=--record-size 64\n"
                      "file=records 0 262144\nbacking=64 128\n");
    const std::uint64_t ended = child::ended_count();

    while (faults_of(child) < 100)
        (void)call::yield();
    const Outcome complied = ask_at(child, 100, unused_frames(child), 4, patient);
    check::equal("a pager that is asked for frames gives them back", complied.given, 4);
    check::equal("and none is taken", complied.taken, 0);
    for (const std::uint64_t faults : {160u, 220u}) {
        const Outcome forced = ask_at(child, faults, 0, 3, too_short);
        check::equal("asked with too little time it is left with as many fewer",
                     forced.given + forced.taken, 3);
        check::that("some of them by force", forced.taken != 0);
    }
    check::equal("it ends as if nothing had been", child::wait_for_end(ended + 1).status, 0);
    const Contents after = read_records(buffer);
    check::that("the records are sorted", after.sorted && !before.sorted);
    check::that("and are the same records",
                after.sum == before.sum && after.squares == before.squares);
    libos::bury(child);
    take_from_threads();
    take_all_but_one();
    return check::verdict();
}
