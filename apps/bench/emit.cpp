// apps/bench/emit.cpp - measures what a record costs that a libOS writes into its own ring.
//
// The code is the libOS's, of libos/core/record.hpp, and compiled as the libOS is (CMakeLists.txt);
// so is the ring. Only its pages are mapped here, as many as the passes fill.

#include "apps/bench/benchmarks.hpp"
#include "apps/bench/measured.hpp"
#include "apps/bench/report.hpp"
#include "libos/core/record.hpp"
#include "libos/core/system_call.hpp"

namespace bench {

namespace {

namespace system_call = libos::system_call;
using libos::recording::detail::ring;

constexpr std::uint64_t ring_address = 0x60'0000'0000;

} // namespace

// One record: the dearest, since the checks of an event are its alone.
extern "C" void bench_emit(std::uint64_t first, std::uint64_t second) {
    libos::recording::emit<abi::Event::thread_switched>(first, second);
}

void measure_emit(const Ground& ground, std::uint64_t passes) {
    const abi::StartInformation& start = *ground.start;
    if (!start.recording)
        return;
    constexpr std::uint64_t records_a_page = abi::page_size / sizeof(abi::Record);
    const std::uint64_t frames = 1 + (passes + records_a_page - 1) / records_a_page;
    if (frames > start.recording_frames || frames > abi::entries_per_table)
        give_up("so many records in the ring", abi::Error::out_of_range);
    (void)bind_table(start, start.root_table, ring_address, 2);
    const abi::Capability leaf = bind_table(start, start.root_table, ring_address, 1);
    for (std::uint64_t i = 0; i < frames; ++i) {
        const abi::VirtualAddress at{ring_address + i * abi::page_size};
        const abi::Capability view{need(system_call::bind_view(abi::View::recording_ring, i),
                                        "viewing a frame of the recording ring")};
        need(system_call::install(leaf, abi::page_of(at), view, abi::access::write),
             "mapping a frame of the recording ring");
    }
    ring = {.next = reinterpret_cast<abi::Record*>(ring_address + abi::page_size),
            .limit = reinterpret_cast<abi::Record*>(ring_address + frames * abi::page_size),
            .header = reinterpret_cast<abi::RingHeader*>(ring_address),
            .environment = start.environment,
            .processor = 0};
    Measurement clock;
    Measurement measurement;
    for (std::uint64_t i = 0; i < passes; ++i) {
        (void)measured_clock(&clock, 0, 0, 0, 0, 0);
        (void)measured_emit(&measurement, i, i + 1, 0, 0, 0);
    }
    if (ring.header->head != passes)
        give_up("the number of records in the ring", abi::Error::invalid_argument);
    report_figure("emit", measurement.least_ticks - clock.least_ticks);
}

} // namespace bench
