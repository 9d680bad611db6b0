// tests/qemu/long-steps/main.cpp - how long the kernel keeps interrupts off when bindings are
// derived as deep as they may be.
//
// An upcall that is pending comes at the end of a call's first step, where interrupts are taken:
// the time stamp counter, which counts instructions, is read there. The call is then left as it is
// and made again to its end.

#include <algorithm>

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"
#include "tests/qemu/support/stretch.hpp"

using namespace world;
using stretch::gate;
using stretch::within;
namespace call = libos::system_call;

namespace {

Capability chain(Capability top, unsigned depth, std::uint64_t count) {
    for (unsigned i = 0; i != depth; ++i)
        top = derived(top, rights_of(entry_of(top)), 0, count);
    return top;
}

void frames_shared_deep() {
    const Capability page = frame();
    const Capability end = chain(page, 30, 0);
    for (unsigned i = 0; i != 100; ++i)
        (void)derived(end, rights::read);
    within("a step of taking back a frame that was derived 30 deep is within the bound",
           abi::Call::revoke, page.value);
    (void)call::revoke(page);
    (void)call::drop(page);
}

void frames_bound_deep() {
    const Capability memory = derived(start().memory, rights::all, 0, 600);
    const Capability end = chain(memory, 30, 600);
    within("so is a step of binding frames there", abi::Call::bind_frames, end.value,
           facts().total_frames / 2, 500, batch);
    (void)invoke(abi::Call::bind_frames, end.value, abi::any_frame, 100, batch);
    within("and a step of taking them back", abi::Call::revoke, memory.value);
    (void)call::revoke(memory);
    (void)call::drop(memory);
}

void tables_deep() {
    const Capability memory = derived(start().memory, rights::all, 0, 100);
    const Capability end = chain(memory, 30, 100);
    for (unsigned i = 1; i != 25; ++i) {
        const Capability table_frame = frame(end);
        const Capability links = frame(end);
        (void)check::needed("a leaf table",
                            call::bind_page_table(start().root_table, table_frame, links,
                                                  playground + std::uint64_t{i} * 0x20'0000, 1));
    }
    within("a step of taking back empty leaf tables too", abi::Call::revoke, memory.value);
    (void)call::revoke(memory);
    (void)call::drop(memory);
}

void requests_deep() {
    disk::open();
    const Capability extent = derived(start().disk, rights::all & ~rights::execute, 0, 8);
    const Capability page = frame();
    const Capability extent_end = chain(extent, 29, 8);
    const Capability page_end = chain(page, 29, 0);
    for (unsigned i = 0; i != 64; ++i)
        disk::push(abi::IoOperation::read, extent_end, 8, page_end, i);
    within("and taking 64 requests, each beyond its extent", abi::Call::submit_io);
    (void)call::drop(extent);
    (void)call::drop(page);
}

// 16 table frames, the largest environment.
void creation() {
    const child::Child made = child::create(16);
    (void)invoke(abi::Call::destroy_environment, made.environment.value);
    const Capability memory = made.memory;
    Capability frames[19];
    for (unsigned i = 0; i != 3; ++i)
        frames[i] = frame(memory);
    std::uint64_t first = facts().total_frames / 2;
    while (!invoke(abi::Call::bind_frames, memory.value, first, 16, batch))
        ++first;
    for (unsigned i = 0; i != 16; ++i)
        frames[3 + i] = bound()[i];
    (void)child::describe_object(frames);
    within("creating the largest environment is", abi::Call::create_environment, batch);
    (void)call::drop(memory);
}

void batches_of_changes() {
    const Capability page = frame();
    for (unsigned i = 1; i != 512; ++i)
        (void)install(i, page);
    auto* const items = libos::request_area::at<abi::TranslationRequest>(0);
    for (unsigned i = 0; i != 4; ++i)
        items[i] = {abi::TranslationOperation::change, 1, 507, 0, leaf, {}, access::write};
    within("a step of a batch of changes is", abi::Call::perform_translations, 0, 4);
    (void)call::drop(page);
}

// Hangs leaf tables at the ends of upper ones. Those were bound after the leaves: force looks at
// each from its beginning to its end, and spares it for the time being.
constexpr std::size_t upper_tables = 14;
void hangs_tables_at_ends(std::uint64_t) {
    constexpr std::uint64_t base = 0x40'0000'0000, spread = 0x4000'0000;
    constexpr std::uint64_t last = std::uint64_t{511} * 0x20'0000;
    const auto hang = [](Capability table, Capability links, std::uint64_t at,
                         std::uint32_t level) {
        (void)check::needed("a table",
                            call::bind_page_table(start().root_table, table, links, at, level));
    };
    Capability frames[3 * upper_tables];
    for (Capability& one : frames)
        one = frame();
    for (std::size_t i = 0; i != upper_tables; ++i) {
        hang(frames[2 * upper_tables + i], {}, base + i * spread, 2);
        hang(frames[2 * i], frames[2 * i + 1], base + i * spread + last, 1);
    }
    child::shared()[0] = 1;
    for (;;)
        (void)call::yield();
}

// The first request of the run, for all that somebody without processor time has: force begins at
// once. Its number tells the kernel that the call goes on.
void tables_by_force() {
    child::Options options;
    options.table_frames = 4;
    options.memory_limit = 48;
    const child::Child made = child::build(options);
    const Capability time = derived(start().processor_time, rights::all, 1, 1);
    (void)check::needed("starting", child::start(made, hangs_tables_at_ends, 0, time));
    while (made.shared()[0] == 0)
        (void)call::yield();
    (void)call::drop(time);
    std::uint64_t request[6] = {static_cast<std::uint64_t>(abi::Call::request_revocation),
                                made.memory.value,
                                made.environment.value,
                                made.own_memory.value,
                                options.memory_limit,
                                1000};
    std::uint64_t most = stretch_run(request);
    request[0] |= std::uint64_t{1} << 32;
    for (int i = 0; i != 40; ++i)
        most = std::max(most, stretch_run(request));
    check::that("and a step of looking which tables can be taken by force", most <= gate);
    if (most > gate)
        libos::print("  seen {} instructions\n", most);
    (void)call::destroy_environment(made.environment, 0);
    (void)call::drop(made.memory);
}

// Sixty environments that never run: each is asked for a console, and each has its position through
// one binding.
struct Asked {
    static constexpr unsigned many = 60;
    const Capability console = derived(start().console, rights::all);
    const Capability whole = derived(start().processor_time, rights::all, 1, many);
    child::Child made[many];

    Asked() {
        const Capability time = derived(whole, rights::all, 0, many);
        for (child::Child& one : made) {
            one = child::create(1, 8);
            child::describe_bare_pe(frame(one.memory), 0x10'0000);
            (void)check::needed("setting up a PE",
                                call::set_processor_environment(one.environment, batch));
            const Capability theirs = child::granted(one, console, rights::write);
            (void)check::needed("starting", call::start_environment(one.environment, 0x10'0000,
                                                                    0x10'0000, 0, time));
            const std::uint64_t request[6] = {
                static_cast<std::uint64_t>(abi::Call::request_revocation),
                console.value,
                one.environment.value,
                theirs.value,
                1,
                std::uint64_t{1} << 40};
            (void)stretch_run(request); // and leaves that call as it is
        }
    }
    ~Asked() {
        for (const child::Child& one : made) {
            (void)call::destroy_environment(one.environment, 0);
            (void)call::drop(one.memory);
        }
        (void)call::drop(whole);
        (void)call::drop(console);
    }
};

void positions_of_who_is_asked() {
    const Asked asked;
    for (unsigned i = 0; i != 17; ++i) // that nobody has a position through: they go first
        (void)derived(asked.whole, rights::read, i, 1);
    within("and a step of taking processor time from who is asked", abi::Call::revoke,
           asked.whole.value);
}

void what_they_are_asked_for() {
    const Asked asked;
    within("and a step of taking back what sixty are asked for", abi::Call::revoke,
           asked.console.value);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    stretch::open();
    within("a call that does nothing is within the bound", abi::Call::set_limit, 0, 0, 0);
    frames_shared_deep();
    frames_bound_deep();
    tables_deep();
    requests_deep();
    batches_of_changes();
    creation();
    tables_by_force();
    positions_of_who_is_asked();
    what_they_are_asked_for();
    return check::verdict();
}
