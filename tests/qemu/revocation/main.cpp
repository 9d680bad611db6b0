// tests/qemu/revocation/main.cpp - taking memory back while other environments stand on it.
//
// What is bound under a memory binding may be anything by now: a page table and its links, part of
// an environment, a pinned page. Revoking reaches all of it, in any order, and nothing else.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using abi::EndReason;
using abi::Error;
using namespace world;
namespace call = libos::system_call;

namespace {

std::uint64_t reason_of(const abi::EndNotice& notice) { return notice.reason; }
constexpr std::uint64_t number(EndReason reason) { return static_cast<std::uint64_t>(reason); }

void nothing(std::uint64_t) { child::end(0); }

constexpr std::uint64_t elsewhere = 0x22'0000'0000; // no table covers it yet

// Binds a leaf table for `elsewhere` + 2 MiB * n from frames of `memory`; the links first or last.
Capability table_of(Capability memory, std::uint64_t n, bool links_first) {
    const Capability first = frame(memory);
    const Capability second = frame(memory);
    return {check::needed("binding a leaf table",
                          call::bind_page_table(start().root_table, links_first ? second : first,
                                                links_first ? first : second, elsewhere + (n << 21),
                                                1))};
}

void page_tables() {
    const std::uint64_t free_before = facts().free_frames;
    (void)check::needed("binding a level-2 table",
                        call::bind_page_table(start().root_table, frame(), {}, elsewhere, 2));
    const std::uint64_t free_then = facts().free_frames;
    for (const bool links_first : {false, true}) {
        const Capability memory = derived(start().memory, rights::all, 0, 16);
        const Capability table = table_of(memory, 0, links_first);
        const Capability page = frame();
        (void)call::install(table, page_of(abi::VirtualAddress{elsewhere}), page, access::write);
        *reinterpret_cast<volatile std::uint64_t*>(elsewhere) = 5;
        check::succeeds(links_first ? "memory with links and their table is revoked"
                                    : "memory with a table and its links is revoked",
                        call::revoke(memory));
        check::that("the pages of that table fault", attempt::load(elsewhere).happened);
        check::refused("the table is revoked", call::remove(table, abi::Vpn{0}), Error::revoked);
        check::succeeds("the frame that it showed is still bound and can be mapped elsewhere",
                        install(7, page));
        check::equal("with what was written", words(7)[0], 5);
        (void)call::drop(page);
        (void)call::drop(memory);
    }
    check::equal("no frame is lost", facts().free_frames, free_then);
    (void)free_before;

    const Capability upper = {
        check::needed("binding a level-3 table",
                      call::bind_page_table(start().root_table, frame(), {}, 1ull << 39, 3))};
    const Capability middle = {
        check::needed("binding a level-2 table",
                      call::bind_page_table(start().root_table, frame(), {}, 1ull << 39, 2))};
    check::refused("a table with tables below it cannot be dropped", call::drop(upper),
                   Error::busy);
    check::refused("nor the root in use", call::drop(start().root_table), Error::busy);
    check::succeeds("the lower one can", call::drop(middle));
    check::succeeds("and then the upper one", call::drop(upper));
    check::equal("no frame is lost", facts().free_frames, free_then);
}

// -- pinned frames that are shared ------------------------------------------------------------

void sharing_pinned_frames() {
    // The first environment shares its own ring frame, read-only.
    child::Child made = child::build();
    (void)check::needed("binding the ring", call::bind_io_ring(start().ring_frame));
    const Capability seen = derived(start().ring_frame, rights::read | rights::grant);
    const Capability granted = child::granted(made, seen, rights::read);
    (void)check::needed("starting", child::start(made, nothing));
    const auto notice = child::wait_for_end(child::ended_count() + 1);
    check::equal("an environment that was granted a view of another's ring ends by itself",
                 reason_of(notice), number(EndReason::ended));
    check::succeeds("the other lives on and can take its view back", call::drop(seen));
    check::refused("the ring itself is busy", call::drop(start().ring_frame), Error::busy);
    (void)granted;
    (void)call::drop(made.memory);
}

// -- an environment that takes its own memory ---------------------------------------------------

// Binds its ring under its own memory, then revokes that: it can do without.
void revokes_its_ring(std::uint64_t) {
    const Capability memory = start().memory;
    const Capability part = derived(memory, rights::all, 0, 4);
    (void)check::needed("binding a ring", call::bind_io_ring(frame(part)));
    (void)call::revoke(memory);
    const auto doorbell = call::submit_io();
    child::end(doorbell ? 0 : static_cast<std::uint64_t>(doorbell.error()));
}

// Its end takes a while: a transfer is under way.
void ends_with_a_transfer(std::uint64_t) {
    const Capability part = derived(start().memory, rights::all, 0, 4);
    disk::open(frame(part));
    disk::push(abi::IoOperation::read, start().disk, 1, frame(start().memory));
    child::shared()[0] = call::submit_io().value_or(0);
    child::end(99);
}

void ending_for_a_while() {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    child::Options options;
    options.memory_limit = 8;
    options.disk_rights = rights::read;
    const child::Child made = child::started(ends_with_a_transfer, 0, options);
    (void)call::yield();
    check::equal("an environment ends while a transfer of its own is under way", made.shared()[0],
                 1);
    check::equal("it is not gone yet", child::ended_count(), ended);
    check::refused("but cannot be given the processor", call::yield_to(made.environment),
                   Error::ended);
    check::refused("nor destroyed again", call::destroy_environment(made.environment, 5),
                   Error::ended);
    check::refused("nor granted anything",
                   call::grant(start().console, made.environment, 64, rights::write), Error::ended);
    check::refused("nor started", child::start(made, nothing), Error::ended);
    check::refused("nor given a limit", call::set_limit(made.environment, 5000), Error::ended);
    check::refused("nor given an entry point",
                   call::set_entry(made.environment, abi::Entry::exception, 0), Error::ended);
    check::equal("until it is", child::wait_for_end(ended + 1).reason, number(EndReason::ended));
    (void)call::drop(made.memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

void standing_on_it() {
    const std::uint64_t free_before = facts().free_frames;
    child::Options options;
    options.memory_limit = 8;
    const auto notice = child::run(revokes_its_ring, 0, options);
    check::equal("an environment that loses the memory under its ring has none any more",
                 notice.status, static_cast<std::uint64_t>(Error::not_present));
    check::equal("and goes on", reason_of(notice), number(EndReason::ended));
    check::equal("no frame is lost", facts().free_frames, free_before);

    const std::uint64_t ended = child::ended_count();
    const child::Child object = child::started([](std::uint64_t) {
        for (;;)
            (void)call::yield();
    });
    (void)call::yield();
    check::succeeds("memory that an environment is made of is revoked",
                    call::revoke(object.memory));
    check::equal("and the environment ended", reason_of(child::wait_for_end(ended + 1)),
                 number(EndReason::revoked));
    check::refused("its capability is revoked", call::yield_to(object.environment), Error::revoked);
    (void)call::drop(object.memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

// -- a second address space ---------------------------------------------------------------------

// Goes on under another root that shows the same, then ends.
void moves_out(std::uint64_t) {
    const Capability memory = start().memory;
    const Capability root = {
        check::needed("binding a root", call::bind_page_table({}, frame(memory), {}, 0, 4))};
    // The tables of the first root cannot be shared, so nothing is mapped under the new one: the
    // environment ends by faulting without a way to be told.
    child::shared()[0] = check::needed("switching", call::switch_root(root));
    child::end(1);
}

void ending_under_another_root() {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    child::Options options;
    options.memory_limit = 8;
    const child::Child made = child::started(moves_out, 0, options);
    check::equal("an environment that moves to an empty address space ends by its fault",
                 reason_of(child::wait_for_end(ended + 1)), number(EndReason::no_entry));
    check::refused("its first root, which its creator holds, is gone with it",
                   call::drop(made.root), Error::revoked);
    (void)call::drop(made.memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

// -- one frame in many places -------------------------------------------------------------------

constexpr std::uint64_t storm = 0x1000'0000; // 2 MiB of pages in each child
constexpr unsigned storm_pages = 330;

// Maps what it was granted everywhere, then looks at one page after the other, for ever.
void maps_everywhere(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    const Capability table{post[1]};
    const Capability page{post[2]};
    for (unsigned i = 0; i != storm_pages; ++i)
        post[3] = post[3] + call::install(table, abi::Vpn{i}, page, 0).has_value();
    for (unsigned i = 0;; i = (i + 1) % storm_pages) {
        post[4] = *reinterpret_cast<volatile std::uint64_t*>(storm + i * abi::page_size);
        (void)call::yield();
    }
}

void many_mappings() {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    const Capability page = frame();
    (void)install(350, page);
    words(350)[0] = 0x1234;
    child::Child children[3];
    for (child::Child& made : children) {
        made = child::build();
        const Capability table = child::table(made, storm, 1);
        made.shared()[1] = child::granted(made, table, rights::write).value;
        made.shared()[2] = child::granted(made, page, rights::read).value;
        (void)check::needed("starting", child::start(made, maps_everywhere));
    }
    for (unsigned i = 0; i != 340; ++i)
        (void)install(i, page, access::read_only);
    std::uint64_t mapped = 341;
    for (int i = 0; i != 5; ++i)
        (void)call::yield();
    bool read = true;
    for (const child::Child& made : children) {
        mapped += made.shared()[3];
        read = read && made.shared()[4] == 0x1234;
    }
    check::equal("one frame is mapped in four environments, this often", mapped, 341 + 3 * 330);
    check::that("and all of them read it", read);
    check::succeeds("its bindings in the others are revoked", call::revoke(page));
    check::equal("the owner's page is as it was", words(350)[0], 0x1234);
    (void)child::wait_for_end(ended + 3);
    bool faulted = true;
    for (unsigned i = 0; i != 3; ++i)
        faulted = faulted && libos::processor_environment().ended[(ended + i) % 7].reason ==
                                 static_cast<std::uint16_t>(EndReason::no_entry);
    check::that("each of the others then faults where it had the frame", faulted);
    check::succeeds("the owner drops it", call::drop(page));
    std::uint64_t left = 0;
    for (unsigned i = 0; i != 341; ++i)
        left += world::translation(address(i == 340 ? 350 : i)) != 0;
    check::equal("and none of its own translations is left", left, 0);
    for (const child::Child& made : children)
        (void)call::drop(made.memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

void donated_frames() {
    const std::uint64_t free_before = facts().free_frames;
    const Capability table_frame = frame();
    const Capability links_frame = frame();
    const std::uint64_t at = 0x23'0000'0000;
    const Capability upper_frame = frame();
    const Capability upper = {
        check::needed("binding a level-2 table",
                      call::bind_page_table(start().root_table, upper_frame, {}, at, 2))};
    const Capability table = {
        check::needed("binding a leaf",
                      call::bind_page_table(start().root_table, table_frame, links_frame, at, 1))};
    check::refused("a frame that became a page table cannot be mapped", install(0, table_frame),
                   Error::revoked);
    check::refused("nor its links", install(0, links_frame), Error::revoked);
    check::refused("nor can the table be mapped by its new name", install(0, table),
                   Error::no_binding);
    check::refused("or bound again by its physical name",
                   call::bind_frames(start().memory, pfn_of(links_frame), 1, batch),
                   Error::occupied);
    check::equal("the window shows the new table, empty", world::translation(at), 0);
    const Capability page = frame();
    (void)call::install(table, page_of(abi::VirtualAddress{at}), page, access::write);
    check::equal("and what is installed in it",
                 (world::translation(at) & abi::translation::frame_mask) >> 12, pfn_of(page));
    const std::uint64_t window = abi::translation_address(page_of(abi::VirtualAddress{at}));
    check::equal("it cannot be written there", attempt::store(window).error, 7);
    check::refused("the links cannot be dropped alone", call::drop({entry_of(links_frame).name}),
                   Error::busy);
    check::refused("nor derived from",
                   call::derive({entry_of(links_frame).name}, rights::read, 0, 0),
                   Error::access_denied);
    check::succeeds("dropping the table drops both", call::drop(table));
    check::that("the window's page is gone with it", attempt::load(window).happened);
    check::that("and the page that the table showed", attempt::load(at).happened);
    (void)call::drop(upper);
    (void)call::drop(page);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    page_tables();
    ending_under_another_root();
    standing_on_it();
    ending_for_a_while();
    donated_frames();
    many_mappings();
    sharing_pinned_frames();
    return check::verdict();
}
