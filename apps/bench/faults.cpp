// apps/bench/faults.cpp - measures page faults, exceptions, and Appel and Li's two benchmarks.
//
// A. Appel, K. Li, "Virtual memory primitives for user programs", ASPLOS 1991: appel1 (prot1+trap+
// unprot) writes to a protected page, whose handler unprotects it and protects another; appel2
// (protN+trap+unprot) protects 100 pages, writes to each, and the handler unprotects it.

#include "apps/bench/benchmarks.hpp"
#include "apps/bench/measured.hpp"
#include "apps/bench/report.hpp"
#include "libos/core/system_call.hpp"

namespace bench {
namespace {

namespace system_call = libos::system_call;

std::uint64_t ticks_without_clock(const Measurement& measurement) {
    Measurement clock;
    for (int i = 0; i < 16; ++i)
        (void)measured_fault_clock(&clock, 0);
    return measurement.least_ticks - clock.least_ticks;
}

void measure_whole_fault(const Ground& ground, std::uint64_t passes) {
    set_entry(abi::Entry::page_fault, bench_map_handler);
    Measurement measurement;
    for (std::uint64_t i = 0; i < passes; ++i) {
        if (measured_fault(&measurement, range) != 0)
            give_up("the value read after a fault (a fresh frame is zero)",
                    abi::Error::invalid_argument);
        need(system_call::remove(ground.table, ground.page(0)), "removing the faulted page");
    }
    // One tick is the repetition of the instruction itself.
    report_figure("whole_fault", ticks_without_clock(measurement) - 1);
}

void measure_exceptions(std::uint64_t passes) {
    set_entry(abi::Entry::exception, bench_skip_handler);
    Measurement invalid_opcode;
    Measurement divide;
    for (std::uint64_t i = 0; i < passes; ++i) {
        (void)measured_invalid_opcode(&invalid_opcode, 0);
        (void)measured_divide(&divide, 0);
    }
    report_figure("invalid_opcode", ticks_without_clock(invalid_opcode));
    report_figure("divide", ticks_without_clock(divide));
}

// Pages 0 .. 99 are written to; the 101st begins as the page that is unprotected.
void measure_appel(const Ground& ground, std::uint64_t rounds) {
    for (std::uint64_t i = 0; i <= protected_pages; ++i)
        need(system_call::install(ground.table, ground.page(i), ground.frames[i],
                                  abi::access::write),
             "installing a page");

    set_entry(abi::Entry::page_fault, bench_appel1_handler);
    need(system_call::change(ground.table, ground.page(0), protected_pages, abi::access::read_only),
         "protecting the pages");
    bench_unprotected_page = ground.page(protected_pages).value;
    Measurement one;
    for (std::uint64_t i = 0; i < rounds; ++i)
        (void)measured_appel1(&one, range);
    report_figure("appel1", ticks_without_clock(one));

    set_entry(abi::Entry::page_fault, bench_appel2_handler);
    Measurement many;
    for (std::uint64_t i = 0; i < rounds; ++i)
        (void)measured_appel2(&many, range);
    report_figure("appel2", ticks_without_clock(many));

    for (std::uint64_t i = 0; i <= protected_pages; ++i)
        need(system_call::remove(ground.table, ground.page(i)), "removing a page");
}

} // namespace

void measure_faults(const Ground& ground, std::uint64_t passes) {
    enable_upcalls();
    measure_whole_fault(ground, passes);
    measure_exceptions(passes);
    measure_appel(ground, passes / 10 + 1);
    disable_upcalls();
}

} // namespace bench
