// tests/qemu/full-device/main.cpp - one environment has every place of the disk; another one's
// request waits in its ring, without a transfer of its own that would tell it when to ask again.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using abi::IoOperation;
using namespace world;
namespace call = libos::system_call;

namespace {

// Words of the shared page: how many requests each doorbell took, the upcall that was pending, and
// the error of the completion.
enum Word : unsigned { first_taken, told, second_taken, completion_error, cookie };

void rings_when_it_is_full(std::uint64_t requests) {
    volatile std::uint64_t* const post = child::shared();
    auto& pe = libos::processor_environment();
    pe.upcalls_disabled = 1;
    disk::open(frame(start().memory));
    const Capability target = frame(start().memory);
    for (std::uint64_t i = 0; i != requests; ++i)
        disk::push(IoOperation::read, start().disk, 3, target, 90 + i);
    post[first_taken] = call::submit_io().value_or(99);
    (void)call::wait();
    post[told] = __atomic_exchange_n(&pe.pending, 0, __ATOMIC_ACQ_REL);
    post[second_taken] = call::submit_io().value_or(99);
    abi::IoCompletion completion{};
    for (std::uint64_t i = 0; i != requests; ++i) {
        while (!disk::ring.take(completion))
            (void)call::yield();
        post[completion_error] = post[completion_error] + completion.error;
        post[cookie] = completion.cookie;
    }
    child::end(0);
}

constexpr std::uint64_t io_completion = 1u << static_cast<unsigned>(abi::Entry::io_completion);

void waits_for_a_place(unsigned others, std::uint64_t requests) {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    child::Child waiting[3];
    child::Options options;
    options.memory_limit = 4;
    options.disk_rights = rights::read;
    for (unsigned i = 0; i != others; ++i)
        waiting[i] = child::started(rings_when_it_is_full, requests, options);
    const Capability target = frame();
    for (std::uint64_t i = 0; i != abi::io_in_flight_limit; ++i)
        disk::push(IoOperation::read, start().disk, static_cast<std::uint32_t>(i), target, i);
    check::equal("one environment has every place of the device", call::submit_io().value_or(0),
                 abi::io_in_flight_limit);
    (void)child::wait_for_end(ended + others); // waits itself: nothing but the device can go on
    for (unsigned i = 0; i != others; ++i) {
        volatile std::uint64_t* const post = waiting[i].shared();
        check::equal("another one's doorbell takes nothing", post[first_taken], 0);
        check::equal("it is told when there is a place", post[told], io_completion);
        check::equal("its next doorbell takes what waited", post[second_taken], requests);
        check::that("and that completes",
                    post[completion_error] == 0 && post[cookie] == 90 + requests - 1);
        (void)call::drop(waiting[i].memory);
    }
    for (std::uint64_t i = 0; i != abi::io_in_flight_limit; ++i)
        (void)disk::next();
    (void)call::drop(target);
    if (facts().free_frames != free_before)
        check::equal("no frame is lost", facts().free_frames, free_before);
}

// Waits no place and ends: nobody must be told any more.
void ends_while_it_waits() {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    child::Options options;
    options.memory_limit = 4;
    options.disk_rights = rights::read;
    const child::Child waiting = child::started(rings_when_it_is_full, 1, options);
    const Capability target = frame();
    for (std::uint64_t i = 0; i != abi::io_in_flight_limit; ++i)
        disk::push(IoOperation::read, start().disk, static_cast<std::uint32_t>(i), target, i);
    (void)call::submit_io();
    (void)call::yield();
    check::equal("one that waits for a place has nothing in flight", waiting.shared()[told], 0);
    check::succeeds("it can be destroyed", call::destroy_environment(waiting.environment, 0));
    (void)child::wait_for_end(ended + 1);
    (void)call::drop(waiting.memory);
    std::uint64_t errors = 0;
    for (std::uint64_t i = 0; i != abi::io_in_flight_limit; ++i)
        errors += disk::next().error;
    check::equal("the other one's transfers go on", errors, 0);
    (void)call::drop(target);
    check::equal("and no frame is lost", facts().free_frames, free_before);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    disk::open();
    waits_for_a_place(1, 1);
    waits_for_a_place(1, 5);
    ends_while_it_waits();
    return check::verdict();
}
