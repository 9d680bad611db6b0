// tests/qemu/disk/main.cpp - the I/O ring: many requests in flight, polling and upcalls, extents
// and frames checked at each request, frames in flight, and rings that lie.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using abi::Error;
using abi::IoOperation;
using namespace world;
namespace call = libos::system_call;

namespace {

constexpr auto read = IoOperation::read;
constexpr auto write = IoOperation::write;
Capability frames[40];
std::uint64_t told = 0; // io_completion upcalls

void many_in_flight() {
    for (unsigned i = 0; i != 40; ++i) {
        frames[i] = frame();
        (void)install(i, frames[i]);
        fill(i, 0x1000 + i);
        disk::push(write, start().disk, i, frames[i], 500 + i);
    }
    check::equal("of 40 requests 32 are started by one doorbell", call::submit_io().value_or(0),
                 abi::io_in_flight_limit);
    check::that("the others stay in the ring", disk::ring.has_untaken());
    bool in_order = true;
    std::uint32_t last = 0;
    for (unsigned i = 0; i != 32; ++i) {
        const auto completion = disk::next();
        in_order = in_order && completion.cookie == 500 + i && completion.error == 0 &&
                   completion.request > last;
        last = completion.request;
    }
    check::that("they complete in the order of their submission", in_order);
    check::equal("the next doorbell starts the rest", call::submit_io().value_or(0), 8);
    for (unsigned i = 0; i != 8; ++i)
        in_order = in_order && disk::next().cookie == 532 + i;
    check::that("which complete as well", in_order);
    check::equal("an empty ring starts nothing", call::submit_io().value_or(9), 0);
    for (unsigned i = 0; i != 32; ++i)
        disk::push(read, start().disk, 39 - i, frames[i], i);
    (void)call::submit_io();
    bool same = true;
    for (unsigned i = 0; i != 32; ++i) {
        same = same && disk::next().error == 0;
        same = same && all(i, 0x1000 + 39 - i);
    }
    check::that("what was written is read back, block by block", same);
}

void polling_and_upcalls() {
    const auto& pe = libos::processor_environment();
    const std::uint64_t before = pe.upcalls;
    (void)disk::perform(read, start().disk, 0, frames[0]);
    check::equal("a completion that is looked for raises no upcall", pe.upcalls, before);
    check::that("a ring that is armed has nothing yet", !disk::ring.arm());
    disk::push(read, start().disk, 0, frames[0]);
    (void)call::submit_io();
    while (told == 0) {
        libos::UpcallsDisabled disabled;
        if (told == 0)
            (void)call::wait();
    }
    check::equal("an armed ring raises one", told, 1);
    (void)disk::next();
    disk::shared().completion_event = disk::shared().completion_consumer + 5;
    for (unsigned i = 0; i != 8; ++i)
        disk::push(read, start().disk, i, frames[i]);
    (void)call::submit_io();
    for (unsigned i = 0; i != 8; ++i)
        (void)disk::next();
    check::equal("eight completions with the event at the fifth raise one more", told, 2);
    disk::ring.poll();
    (void)disk::perform(read, start().disk, 0, frames[0]);
    check::equal("and polling can be taken up again", told, 2);
}

void checked_requests() {
    using disk::attempted;
    const Capability whole = start().disk;
    const Capability part = derived(whole, rights::all, 8, 4);
    const Capability reading = derived(part, rights::read, 0, 4);
    const Capability writing = derived(part, rights::write, 0, 4);
    const Capability target = frames[0];
    const Capability unwritable = derived(frames[1], rights::read);
    const Capability unreadable = derived(frames[1], rights::write);
    const Capability stale = frame();
    (void)call::drop(stale);
    const Capability facts_view = {
        check::needed("a view", call::bind_view(abi::View::system_page, 0))};
    const Capability table_page = {
        check::needed("a view", call::bind_view(abi::View::capability_table, 0))};
    fill(0, 0xabcd);
    const std::uint64_t free_before = facts().free_frames;
    check::succeeds("a part of the disk can be written", attempted(write, part, 3, target));
    check::succeeds("it lies where it was cut", attempted(read, whole, 11, frames[2]));
    check::that("and nowhere else", all(2, 0xabcd));
    check::refused("a block behind the part is out_of_range", attempted(read, part, 4, target),
                   Error::out_of_range);
    check::refused("block 2^32 - 1 too", attempted(read, part, ~0u, target), Error::out_of_range);
    check::refused("a block behind the disk too",
                   attempted(write, whole, static_cast<std::uint32_t>(start().disk_blocks), target),
                   Error::out_of_range);
    check::refused("a part that is read cannot be written", attempted(write, reading, 0, target),
                   Error::access_denied);
    check::refused("a part that is written cannot be read", attempted(read, writing, 0, target),
                   Error::access_denied);
    check::refused("a frame without write is no target", attempted(read, part, 0, unwritable),
                   Error::access_denied);
    check::succeeds("but a source", attempted(write, part, 0, unwritable));
    check::refused("a frame without read is no source", attempted(write, part, 0, unreadable),
                   Error::access_denied);
    check::refused("the system page is no target", attempted(read, part, 0, facts_view),
                   Error::access_denied);
    check::refused("nor a source", attempted(write, part, 0, facts_view), Error::access_denied);
    check::refused("the capability table is no source", attempted(write, part, 0, table_page),
                   Error::access_denied);
    check::refused("a page table is no frame", attempted(read, part, 0, leaf), Error::no_binding);
    check::refused("a frame is no extent", attempted(read, target, 0, target), Error::no_binding);
    check::refused("an old frame is revoked", attempted(read, part, 0, stale), Error::revoked);
    check::refused("nothing is no binding", attempted(read, part, 0, {}), Error::no_binding);
    check::refused("garbage neither", attempted(read, {~0ull}, 0, target), Error::no_binding);
    check::refused("an operation that there is not is refused",
                   attempted(static_cast<IoOperation>(2), part, 0, target),
                   Error::invalid_argument);
    check::refused("with all bits too", attempted(static_cast<IoOperation>(~0u), part, 0, target),
                   Error::invalid_argument);
    check::succeeds("revoking a part", call::revoke(part));
    check::refused("leaves what derived from it revoked", attempted(read, reading, 0, target),
                   Error::revoked);
    check::succeeds("and itself as it was", attempted(read, part, 3, target));
    check::succeeds("dropping it", call::drop(part));
    check::refused("leaves it revoked", attempted(read, part, 3, target), Error::revoked);
    check::equal("no frame was lost", facts().free_frames, free_before);
}

void frames_in_flight() {
    const std::uint64_t free_before = facts().free_frames;
    const Capability moving = frame();
    disk::push(read, start().disk, 3, moving, 77);
    (void)call::submit_io();
    check::refused("a frame in flight cannot become a page table",
                   call::bind_page_table(start().root_table, moving, {}, 1ull << 39, 3),
                   Error::busy);
    abi::IoCompletion completion{};
    check::that("its transfer is still under way", !disk::ring.take(completion));
    check::succeeds("dropping it waits for the transfer", call::drop(moving));
    check::that("which is complete by then",
                disk::ring.take(completion) && completion.cookie == 77 && completion.error == 0);
    check::equal("and then it is free", facts().free_frames, free_before);

    const Capability part = derived(start().disk, rights::all, 0, 8);
    const Capability child = derived(part, rights::read, 0, 8);
    const Capability memory = derived(start().memory, rights::all, 0, 4);
    const Capability other = frame(memory);
    disk::push(read, child, 3, other, 78);
    (void)call::submit_io();
    check::succeeds("revoking an extent waits for its transfers", call::revoke(part));
    check::that("they are complete by then",
                disk::ring.take(completion) && completion.cookie == 78);
    disk::push(read, part, 3, other, 79);
    (void)call::submit_io();
    check::succeeds("revoking the memory under a frame in flight waits too", call::revoke(memory));
    check::that("the transfer is complete by then",
                disk::ring.take(completion) && completion.cookie == 79);
    (void)call::drop(memory);
    (void)call::drop(part);
    check::equal("no frame is lost", facts().free_frames, free_before);
}

void lying_rings() {
    volatile abi::IoRing& ring = disk::shared();
    const auto doorbell = [] { return call::submit_io(); };
    const std::uint32_t at = ring.request_producer;
    ring.request_producer = at + 65;
    check::refused("a producer 65 ahead is out_of_range", doorbell(), Error::out_of_range);
    ring.request_producer = at - 1;
    check::refused("one that ran backwards too", doorbell(), Error::out_of_range);
    ring.request_producer = at + 0x8000'0000;
    check::refused("one 2^31 ahead too", doorbell(), Error::out_of_range);
    check::equal("nothing was taken", ring.request_consumer, at);
    ring.request_producer = at;
    for (unsigned i = 0; i != 64; ++i)
        disk::ring.push({{0x1234'5678'9abc'def0ull * i},
                         {~0ull / (i + 1)},
                         0x7777'7777 * i,
                         static_cast<IoOperation>(i),
                         i});
    check::equal("a ring full of garbage is taken whole", doorbell().value_or(0), 64);
    unsigned refused = 0;
    for (unsigned i = 0; i != 64; ++i)
        refused += disk::next().error != 0;
    check::equal("and each request of it is refused", refused, 64);
    ring.request_consumer = 0xdead;
    ring.completion_producer = ring.completion_consumer;
    check::succeeds("the kernel's own indices are not believed from the ring",
                    disk::attempted(read, start().disk, 5, frames[0]));
    ring.completion_consumer = ring.completion_consumer + 1000;
    disk::push(read, start().disk, 5, frames[0]);
    (void)doorbell();
    const std::uint32_t before = ring.completion_producer;
    for (int i = 0; i != 100'000 && ring.completion_producer == before; ++i)
        asm volatile("pause");
    check::equal("nor the consumer's", ring.completion_producer, before + 1);
    ring.completion_consumer = before + 1;
    // What a request says after the doorbell is nobody's business.
    fill(0, 1);
    disk::push(write, start().disk, 20, frames[0], 5);
    const std::uint32_t slot = (ring.request_producer - 1) % abi::io_ring_slots;
    (void)doorbell();
    auto& request = const_cast<abi::IoRequest&>(ring.requests[slot]);
    request.block = 21;
    request.frame = frames[1];
    request.operation = read;
    const auto completion = disk::next();
    (void)disk::attempted(read, start().disk, 20, frames[2]);
    check::that("a request changed after the doorbell stays what it was",
                completion.cookie == 5 && all(2, 1));
    check::refused("a second ring is occupied", call::bind_io_ring(frames[3]), Error::occupied);
    check::refused("the ring cannot be dropped", call::drop(start().ring_frame), Error::busy);
}

// -- another environment ------------------------------------------------------------------------

void keeps_the_disk_busy(std::uint64_t ends) {
    const Capability own = start().memory;
    const Capability ring_frame = frame(own);
    (void)call::install(start().low_table, page_of(abi::VirtualAddress{abi::layout::io_ring}),
                        ring_frame, access::write);
    (void)call::bind_io_ring(ring_frame);
    disk::ring = libos::IoRing{reinterpret_cast<abi::IoRing*>(abi::layout::io_ring)};
    disk::ring.poll();
    for (unsigned i = 0; i != 16; ++i)
        disk::push(read, start().disk, i, frame(own), i);
    const Value taken = call::submit_io();
    child::shared()[0] = taken.value_or(0);
    if (ends != 0)
        child::end(0);
    for (;;)
        (void)call::yield();
}

void other_environments() {
    const std::uint64_t free_before = facts().free_frames;
    std::uint64_t ended = child::ended_count();
    child::Options options;
    options.memory_limit = 20;
    options.disk_rights = rights::read;
    for (const bool by_itself : {true, false}) {
        const child::Child made = child::started(keeps_the_disk_busy, by_itself, options);
        (void)call::yield();
        check::equal("a child with a part of the disk starts 16 requests", made.shared()[0], 16);
        if (!by_itself)
            check::succeeds("it is destroyed with requests in flight",
                            call::destroy_environment(made.environment, 0));
        (void)child::wait_for_end(++ended);
        check::that(by_itself ? "it ended with requests in flight" : "and told of", true);
        (void)call::drop(made.memory);
        check::equal("its frames came back", facts().free_frames, free_before);
        check::succeeds("the disk works on", disk::attempted(read, start().disk, 5, frames[0]));
    }
    // It could only have read: the derived part was without write.
    check::that("the block that another test wrote is as it was",
                disk::attempted(read, start().disk, 20, frames[2]) && all(2, 1));
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    check::refused("without a ring there is no doorbell", call::submit_io(), Error::not_present);
    const auto ring_words = reinterpret_cast<volatile std::uint64_t*>(abi::layout::io_ring);
    for (unsigned i = 0; i != 512; ++i)
        ring_words[i] = 0x5ec7'e75e'c7e7'5ec7;
    (void)check::needed("binding the I/O ring", call::bind_io_ring(start().ring_frame));
    bool zero = true;
    for (unsigned i = 0; i != 512; ++i)
        zero = zero && ring_words[i] == 0;
    check::that("a ring is zeroed when it is bound", zero);
    disk::look();
    libos_handle_io_completion = [](abi::SaveArea&, std::uint64_t, std::uint64_t) {
        ++told;
        return false;
    };
    many_in_flight();
    polling_and_upcalls();
    checked_requests();
    frames_in_flight();
    lying_rings();
    other_environments();
    return check::verdict();
}
