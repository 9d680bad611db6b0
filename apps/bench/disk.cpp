// apps/bench/disk.cpp - measures 4 KiB disk reads, 32 in flight, submitted by one doorbell.
//
// Upcalls stay disabled: the notice of the last completion only wakes `wait`, and the completions
// are taken from the ring. So the figure is the processor's cost from filling in the requests to
// having seen every completion; time spent waiting with nothing to run is not in it.

#include "apps/bench/benchmarks.hpp"
#include "apps/bench/measured.hpp"
#include "apps/bench/report.hpp"
#include "bindings/abi/io_ring.hpp"
#include "libos/core/system_call.hpp"

namespace bench {
namespace {

namespace system_call = libos::system_call;

constexpr std::uint32_t depth = abi::io_in_flight_limit;

abi::IoRing& ring() { return *reinterpret_cast<abi::IoRing*>(abi::layout::io_ring); }

std::uint64_t busy_ticks() {
    const auto& system =
        *reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page);
    return __builtin_ia32_rdtsc() - system.idle_ticks;
}

std::uint32_t produced() { return __atomic_load_n(&ring().completion_producer, __ATOMIC_ACQUIRE); }

void submit(const Ground& ground, std::uint32_t block) {
    const std::uint32_t first = ring().request_producer;
    for (std::uint32_t i = 0; i < depth; ++i)
        ring().requests[(first + i) % abi::io_ring_slots] = {.extent = ground.start->disk,
                                                             .frame = ground.frames[i],
                                                             .block = block + i,
                                                             .operation = abi::IoOperation::read,
                                                             .cookie = first + i};
    ring().completion_event = ring().completion_consumer + depth;
    __atomic_store_n(&ring().request_producer, first + depth, __ATOMIC_RELEASE);
    if (need(system_call::submit_io(), "submitting reads") != depth)
        give_up("the number of reads taken", abi::Error::out_of_range);
}

void wait_until(std::uint32_t goal) {
    while (produced() != goal) {
        __atomic_store_n(&pe().pending, 0, __ATOMIC_SEQ_CST);
        if (produced() == goal) // it may have come before the notice was taken
            return;
        need(system_call::wait(), "waiting for the disk");
    }
}

void take(std::uint32_t first) {
    std::uint64_t cookies = 0;
    for (std::uint32_t i = 0; i < depth; ++i) {
        const abi::IoCompletion& completion = ring().completions[(first + i) % abi::io_ring_slots];
        if (completion.error != 0)
            give_up("a read", static_cast<abi::Error>(completion.error));
        cookies += completion.cookie - first;
    }
    if (cookies != depth * (depth - 1) / 2)
        give_up("the cookies of the completions", abi::Error::invalid_argument);
    ring().completion_consumer = first + depth;
}

} // namespace

void measure_disk(const Ground& ground, std::uint64_t passes) {
    if (ground.start->disk_blocks < depth)
        give_up("the disk's size", abi::Error::out_of_range);
    need(system_call::bind_io_ring(ground.start->ring_frame), "binding the I/O ring");
    set_entry(abi::Entry::io_completion, bench_notice_handler);

    const std::uint32_t blocks = static_cast<std::uint32_t>(ground.start->disk_blocks);
    std::uint64_t least = ~std::uint64_t{0};
    for (std::uint64_t round = 0; round <= passes / depth; ++round) {
        const std::uint32_t first = ring().completion_consumer;
        const std::uint32_t block =
            static_cast<std::uint32_t>(round) * depth % (blocks - depth + 1);
        const std::uint64_t begin = busy_ticks();
        bench_read_depth32_begin();
        submit(ground, block);
        wait_until(first + depth);
        take(first);
        bench_read_depth32_end();
        const std::uint64_t spent = busy_ticks() - begin;
        least = spent < least ? spent : least;
    }
    report_figure("read_depth32", least);
}

} // namespace bench
