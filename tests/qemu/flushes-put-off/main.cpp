// tests/qemu/flushes-put-off/main.cpp - translations that another processor's TLB may keep for a
// while: nothing is sent until a frame changes hands, and by then it has forgotten them.

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/processors.hpp"

using abi::Capability;
using abi::Error;
using child::Child;
using namespace world;
using processors::pause;
using processors::rises_above;
using processors::time_of;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t at = 0x1e'0000;
constexpr unsigned page = 300;
constexpr std::uint64_t turns = 100;
constexpr std::uint64_t mine = 0x1111, not_yours = 0x2222;
std::uint64_t ends = 0;

// Counts what it reads in word 0, and says in word 2 what it must never see.
void reads(std::uint64_t) {
    const auto& word = *reinterpret_cast<volatile std::uint64_t*>(at);
    for (;;) {
        const std::uint64_t value = word;
        child::shared()[0] = child::shared()[0] + 1;
        if (value != mine)
            child::shared()[2] = value;
        pause();
    }
}

// Writes as well, and is stopped by a fault where it may not.
void writes(std::uint64_t) {
    auto& word = *reinterpret_cast<volatile std::uint64_t*>(at);
    while (child::shared()[1] == 0) {
        child::shared()[3] = child::shared()[3] + (word == mine ? 1 : 0);
        pause();
    }
    for (;;) {
        word = mine;
        child::shared()[0] = child::shared()[0] + 1;
        pause();
    }
}

// Calls what is there, and is stopped by a fault where it may not.
constexpr std::uint64_t returns = 0xc390f3; // pause; ret
void executes(std::uint64_t) {
    while (child::shared()[1] == 0) {
        child::shared()[3] =
            child::shared()[3] + (*reinterpret_cast<volatile std::uint64_t*>(at) == returns);
        pause();
    }
    for (;;) {
        reinterpret_cast<void (*)()>(at)();
        child::shared()[0] = child::shared()[0] + 1;
    }
}

struct Reader {
    Child made;
    Capability frame;
};

Reader reader(void (*function)(std::uint64_t), std::uint64_t access,
              std::uint64_t contents = mine) {
    Reader one{child::build(), frame()};
    (void)install(page, one.frame);
    words(page)[0] = contents;
    (void)remove(page);
    child::map(one.made.low_leaf, at, one.frame, access);
    (void)check::needed("starting a reader", child::start(one.made, function, at, time_of(1)));
    return one;
}

std::uint64_t perform(abi::TranslationOperation operation, const Reader& one,
                      std::uint64_t access = 0) {
    auto* const item = libos::request_area::at<abi::TranslationRequest>(batch);
    *item = {.operation = operation,
             .index = static_cast<std::uint16_t>(at >> 12 & 511),
             .count = 1,
             .error = 0,
             .table = one.made.low_leaf,
             .frame = one.frame,
             .value = access};
    (void)call::perform_translations(batch / sizeof *item, 1);
    return item->error;
}

std::uint64_t sent_by(auto&& function) {
    const std::uint64_t before = facts().shootdowns;
    function();
    return facts().shootdowns - before;
}

// Word 2 stays 0: whatever becomes of the frame, the reader does not see it.
void until_it_changes_hands(const char* how, void (*change)(const Reader&)) {
    const Reader one = reader(reads, access::read_only);
    (void)rises_above(one.made.shared()[0], turns);
    check::equal("a translation is removed of which the flush is put off: nothing is sent",
                 sent_by([&] { (void)perform(abi::TranslationOperation::remove_later, one); }), 0);
    const std::uint64_t then = one.made.shared()[0];
    check::that("the other processor may use it meanwhile",
                rises_above(one.made.shared()[0], then + turns));
    check::equal(how, sent_by([&] { change(one); }), 1);
    (void)child::wait_for_end(++ends); // a fault without a handler
    check::equal("and it has read nothing else", one.made.shared()[2], 0);
    (void)call::drop(one.made.memory);
}

void written_to_by_others(Capability frame) {
    (void)install(page, frame);
    words(page)[0] = not_yours;
    for (std::uint64_t i = 0; i != turns; ++i)
        pause();
    (void)remove(page);
}

void put_off() {
    until_it_changes_hands("until the frame is given back", [](const Reader& one) {
        const std::uint64_t pfn = frame_number_of(entry_of(one.frame));
        (void)call::drop(one.frame);
        (void)call::bind_frames(start().memory, pfn, 1, batch);
        const Capability again = bound()[0];
        written_to_by_others(again);
        (void)call::drop(again);
    });
    until_it_changes_hands("or with others", [](const Reader& one) {
        *libos::request_area::at<std::uint64_t>(batch) = one.frame.value;
        (void)call::drop_frames(batch, 1);
    });
    until_it_changes_hands("or becomes a page table", [](const Reader& one) {
        const Capability links = frame();
        (void)check::needed("donating",
                            call::bind_page_table(start().root_table, one.frame, links,
                                                  playground + (std::uint64_t{6} << 21), 1));
    });
    until_it_changes_hands("or any binding is broken", [](const Reader& one) {
        const Capability lent = derived(one.frame, rights::read);
        (void)call::drop(lent);
        written_to_by_others(one.frame);
        (void)call::drop(one.frame);
    });
    until_it_changes_hands("or the next translation is removed at once", [](const Reader& one) {
        child::map(one.made.low_leaf, at + 4096, one.frame, access::read_only);
        (void)call::remove(one.made.low_leaf, page_of(abi::VirtualAddress{at + 4096}));
        (void)call::drop(one.frame);
    });
}

// Another one on its processor, which lives on: nothing is cleaned up in between.
void when_it_loads_another() {
    const Reader one = reader(reads, access::read_only);
    (void)rises_above(one.made.shared()[0], turns);
    const Child other = child::build();
    (void)check::needed("starting", child::start(
                                        other,
                                        [](std::uint64_t) {
                                            for (;;) {
                                                child::shared()[0] = child::shared()[0] + 1;
                                                pause();
                                            }
                                        },
                                        0, time_of(1)));
    (void)perform(abi::TranslationOperation::remove_later, one);
    check::succeeds("its slice gets an end",
                    call::bind_slice(one.made.environment, time_of(1), 64, abi::least_slice));
    check::that("so the other one runs", rises_above(other.shared()[0], turns));
    check::equal("a processor that has loaded another address space has forgotten it by itself",
                 sent_by([&] { (void)call::drop(derived(one.frame, rights::read)); }), 0);
    for (const Child& each : {one.made, other})
        (void)call::destroy_environment(each.environment, 0);
    (void)child::wait_for_end(ends += 2);
    (void)call::drop(one.made.memory);
    (void)call::drop(other.memory);
    (void)call::drop(one.frame);
}

void upgrades() {
    const Reader one = reader(writes, access::read_only);
    check::that("a child runs that reads a page", rises_above(one.made.shared()[3], turns));
    check::equal(
        "more access is given to the page: nothing is sent",
        sent_by([&] { (void)perform(abi::TranslationOperation::change, one, access::write); }), 0);
    one.made.shared()[1] = 1;
    check::that("and it is written to", rises_above(one.made.shared()[0], turns));
    check::equal("access is taken away: that is sent", sent_by([&] {
                     (void)perform(abi::TranslationOperation::change, one, access::read_only);
                 }),
                 1);
    (void)child::wait_for_end(++ends);
    check::that("and it is not written to any more", true);
    (void)call::drop(one.made.memory);
    (void)call::drop(one.frame);
}

void execution() {
    const Reader one = reader(executes, access::read_only, returns);
    check::that("a child runs that reads code", rises_above(one.made.shared()[3], turns));
    check::equal("it may execute it: nothing is sent", sent_by([&] {
                     (void)perform(abi::TranslationOperation::change, one, access::execute);
                 }),
                 0);
    one.made.shared()[1] = 1;
    check::that("and it does", rises_above(one.made.shared()[0], turns));
    check::equal("that is taken away again, which is sent", sent_by([&] {
                     (void)perform(abi::TranslationOperation::change, one, access::read_only);
                 }),
                 1);
    const std::uint64_t then = one.made.shared()[0];
    check::that("and it executes it no more", !rises_above(one.made.shared()[0], then + turns));
    (void)call::destroy_environment(one.made.environment, 0);
    (void)child::wait_for_end(++ends);
    (void)call::drop(one.made.memory);
    (void)call::drop(one.frame);
}

void on_an_own_table() {
    const Capability one = frame();
    (void)install(page, one);
    auto* const item = libos::request_area::at<abi::TranslationRequest>(batch);
    *item = {.operation = abi::TranslationOperation::remove_later,
             .index = page,
             .count = 1,
             .error = 0,
             .table = leaf,
             .frame = {},
             .value = 0};
    (void)call::perform_translations(batch / sizeof *item, 1);
    check::equal("on a table of one's own it is a removal", item->error, 0);
    check::refused("which is done", remove(page), Error::not_present);
    (void)call::drop(one);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    const std::uint64_t free_before = facts().free_frames;
    put_off();
    when_it_loads_another();
    upgrades();
    execution();
    on_an_own_table();
    (void)free_before;
    return check::verdict();
}
