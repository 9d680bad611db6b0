// tests/qemu/late-for-the-lock/main.cpp - who says goodbye in time keeps its slice, however long
// others on other processors keep the kernel.

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/processors.hpp"

using abi::Capability;
using child::Child;
using namespace world;
using processors::pause;
using processors::rises_above;
using processors::time_of;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t ticks = 100'000;

// One call, as to save something, and it gives the processor up.
bool says_goodbye(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    (void)call::set_entry({}, abi::Entry::revoke, 0);
    (void)call::yield();
    return false;
}

void counts(std::uint64_t) {
    libos::start_upcalls();
    libos_handle_slice_end = says_goodbye;
    libos::set_entry(abi::Entry::slice_end, libos_entry_slice_end);
    libos::enable_upcalls();
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        pause();
    }
}

// Has frames cleared, as many as one step does, and gives them back.
void keeps_the_kernel(std::uint64_t) {
    for (;;) {
        (void)call::bind_frames(start().memory, abi::any_frame, 48, 4096);
        (void)call::drop_frames(4096, 48);
        child::shared()[0] = child::shared()[0] + 1;
    }
}

} // namespace

int application_main(libos::Arguments) {
    open();
    const Child victim = child::build();
    (void)check::needed("binding", call::bind_slice(victim.environment, start().processor_time,
                                                    abi::positions_per_processor, ticks));
    (void)check::needed("starting", child::start(victim, counts, 0, {}));
    (void)install(480, victim.pe_frame);
    volatile auto& page = *reinterpret_cast<volatile abi::ProcessorEnvironmentPage*>(address(480));
    for (int i = 0; i != 200'000; ++i)
        pause();
    check::that("it has many slices", page.slices > 5);
    const std::uint64_t slices = page.slices;
    child::Options options;
    options.memory_limit = 64;
    for (std::uint64_t i = 2; i != 4; ++i) {
        const Child busy = child::build(options);
        (void)check::needed("starting", child::start(busy, keeps_the_kernel, 0, time_of(i)));
        check::that("another processor keeps the kernel", rises_above(busy.shared()[0], 3));
    }
    for (int i = 0; i != 200'000 && page.slices < slices + 60; ++i)
        pause();
    const std::uint64_t then = page.slices;
    for (int i = 0; i != 100'000 && page.slices == then; ++i)
        pause();
    check::equal("it has lost no slice", page.unrecorded + page.repossessed, 0);
    check::that("and has slices", page.slices > then);
    return check::verdict();
}
