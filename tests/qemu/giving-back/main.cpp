// tests/qemu/giving-back/main.cpp - `drop_frames` with frames of every kind in one batch: those
// that are alike go in runs, and every other one ends a run and is told apart.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/disk.hpp"
#include "tests/qemu/support/world.hpp"

using abi::Error;
namespace call = libos::system_call;
using namespace world;

namespace {

constexpr std::uint64_t second_playground = playground + 0x20'0000;
constexpr std::uint64_t most = 64;
constexpr std::uint64_t pattern = 0x5ec7'e75e'c7e7'5ec7;

Capability memory, second_leaf;
std::uint64_t names[most];
Error outcomes[most];
std::uint32_t count;

bool is_mapped(unsigned index) {
    return (translation(address(index)) & abi::translation::present) != 0;
}

void add(std::uint64_t name) { names[count++] = name; }
void add(Capability frame) { add(frame.value); }

// A frame, mapped at the page of its place in the batch.
Capability mapped() {
    const Capability made = frame(memory);
    (void)check::needed("installing", install(static_cast<unsigned>(count), made));
    return made;
}
void add_plain(unsigned frames) {
    for (unsigned i = 0; i != frames; ++i)
        add(mapped());
}

// Drops the batch; returns how many failed, by the call and by the words.
std::uint64_t drop_all() {
    for (std::uint64_t i = 0; i != count; ++i)
        bound()[i].value = names[i];
    const std::uint64_t failed = check::needed("dropping", call::drop_frames(batch, count));
    std::uint64_t errors = 0;
    for (std::uint64_t i = 0; i != count; ++i) {
        outcomes[i] = static_cast<Error>(bound()[i].value);
        errors += outcomes[i] != Error{} ? 1 : 0;
    }
    check::equal("as many words hold an error as the call says", errors, failed);
    return failed;
}

void gone(std::string_view sentence, std::uint64_t at) {
    check::equal(sentence, static_cast<std::uint64_t>(outcomes[at]), 0);
}
void refused(std::string_view sentence, std::uint64_t at, Error expected) {
    check::equal(sentence, static_cast<std::uint64_t>(outcomes[at]),
                 static_cast<std::uint64_t>(expected));
}

void every_kind() {
    const std::uint64_t free_before = facts().free_frames;
    count = 0;
    add_plain(3);
    words(1)[0] = pattern; // the TLB knows it
    const auto twice = count;
    const Capability at_two_pages = mapped();
    (void)install(200, at_two_pages);
    add(at_two_pages);
    add_plain(2);
    const auto elsewhere = count;
    const Capability in_two_tables = mapped();
    (void)call::install(second_leaf, abi::Vpn{0}, in_two_tables, access::write);
    add(in_two_tables);
    const auto other = count;
    const Capability in_the_other = frame(memory);
    (void)call::install(second_leaf, abi::Vpn{1}, in_the_other, access::write);
    add(in_the_other);
    add_plain(2);
    const auto unmapped = count;
    for (unsigned i = 0; i != 3; ++i)
        add(frame(memory));
    add_plain(1);
    const auto shared = count;
    const Capability lent = mapped();
    add(lent);
    const auto copy = count;
    const Capability copied = derived(lent, rights::all);
    add(copied);
    add_plain(1);
    const auto under_io = count;
    const Capability read_into = mapped();
    disk::push(abi::IoOperation::read, start().disk, 1, read_into);
    (void)call::submit_io();
    add(read_into);
    add_plain(1);
    const auto promised = count;
    const Capability kept = mapped();
    check::succeeds("a frame joins the guaranteed set", call::guarantee(kept));
    add(kept);
    add_plain(1);
    const auto again = count;
    add(names[count - 1]);
    add_plain(1);
    const auto misaligned = count;
    add(names[count - 1] + 8);
    const auto table = count;
    add(second_leaf);
    const auto no_frame = count;
    add(memory);
    const auto nothing = count;
    add(0);
    const auto beyond = count;
    add(names[0] + start().capability_slots * 64);
    const auto old = count;
    const Capability dropped = frame(memory);
    (void)call::drop(dropped);
    add(dropped);
    add_plain(1);

    check::equal("of a batch of all kinds, ten are refused", drop_all(), 10);
    bool none = true;
    for (unsigned i = 0; i != count; ++i)
        none = none && (outcomes[i] != Error{} || !is_mapped(i));
    check::that("no page shows a frame that is gone", none);
    gone("a frame of a run is gone", 1);
    check::that("touching its page faults", attempt::load(address(1)).vector == 14);
    gone("one that is mapped at two pages is gone", twice);
    check::that("from both", !is_mapped(static_cast<unsigned>(twice)) && !is_mapped(200));
    gone("one that two tables map is gone", elsewhere);
    check::that("from both of them", !is_mapped(static_cast<unsigned>(elsewhere)) &&
                                         (translation(second_playground) & 1) == 0);
    gone("one that another table maps is gone", other);
    check::equal("from that one", translation(second_playground + abi::page_size) & 1, 0);
    gone("one that is not mapped is gone", unmapped);
    refused("one that is shared is busy", shared, Error::busy);
    check::that("and stays mapped", is_mapped(static_cast<unsigned>(shared)));
    refused("and so is what was derived from it", copy, Error::busy);
    refused("one that a transfer is under way to is busy", under_io, Error::busy);
    check::that("and stays mapped too", is_mapped(static_cast<unsigned>(under_io)));
    gone("a guaranteed one may be given back", promised);
    refused("the same one twice is revoked", again, Error::revoked);
    refused("a name between two slots is none", misaligned, Error::no_binding);
    refused("a page table is no frame", table, Error::no_binding);
    refused("nor is memory", no_frame, Error::no_binding);
    refused("0 is no name", nothing, Error::no_binding);
    refused("nor is a slot behind the table", beyond, Error::no_binding);
    refused("an old name is revoked", old, Error::revoked);
    gone("the last one is gone", count - 1);
    (void)disk::next();
    (void)call::drop(copied);
    count = 0;
    add(lent);
    add(read_into);
    check::equal("what was busy can be dropped when it is not any more", drop_all(), 0);
    check::equal("the free count is as before", facts().free_frames, free_before);
}

Value drop_one(Capability frame) {
    *bound() = frame;
    return call::drop_frames(batch, 1);
}

// In an order of its own: from the middle, from both ends of the list, all of them.
void in_any_order() {
    const std::uint64_t free_before = facts().free_frames;
    Capability all_of_them[most];
    count = 0;
    for (Capability& each : all_of_them) {
        each = mapped();
        fill(static_cast<unsigned>(count), pattern);
        ++count;
    }
    // Neighbours in the list of what was bound through `memory`: 19, 20, 21.
    (void)drop_one(all_of_them[20]);
    const Capability slot{check::needed("opening a slot", call::open_slot())};
    (void)drop_one(all_of_them[21]);
    check::succeeds("a slot that held one of them can be opened and closed", call::drop(slot));
    (void)drop_one(all_of_them[19]);
    count = 0;
    for (std::uint64_t i = 0; count != most / 2 - 3; ++i)
        if (const std::uint64_t next = i * 37 % most; next < 19 || next > 21)
            add(all_of_them[next]);
    check::equal("half of 64 frames go, in any order", drop_all(), 0);
    check::equal("the free count says 32", facts().free_frames, free_before - most / 2);
    (void)check::needed("binding", call::bind_frames(memory, abi::any_frame, most / 2, batch));
    bool zero = true;
    for (unsigned i = 0; i != most / 2; ++i) {
        (void)install(100 + i, bound()[i]);
        zero = zero && all(100 + i, 0);
    }
    check::that("bound again, all of them are zeroed", zero);
    check::succeeds("what is left and what is new is taken by one `revoke`", call::revoke(memory));
    check::equal("the free count is as before", facts().free_frames, free_before);
    bool none = true;
    for (unsigned i = 0; i != 200; ++i)
        none = none && !is_mapped(i);
    check::that("and no page is mapped any more", none);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    disk::open();
    // Its two frames lie otherwise than those of the first table.
    const Capability apart[] = {frame(), frame(), frame()};
    (void)call::drop(apart[0]);
    (void)call::drop(apart[2]);
    second_leaf = libos::bind_leaf_table(second_playground);
    memory = derived(start().memory, rights::all, 0, 100);
    every_kind();
    in_any_order();
    return check::verdict();
}
