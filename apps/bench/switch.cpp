// apps/bench/switch.cpp - measures passing the processor between two environments.
//
// The second one is a page of code: it yields for ever. So one `yield` of ours is there and back,
// two switches with two address spaces.

#include "apps/bench/benchmarks.hpp"
#include "apps/bench/measured.hpp"
#include "apps/bench/partner.hpp"
#include "apps/bench/report.hpp"
#include "libos/core/system_call.hpp"

namespace bench {

namespace system_call = libos::system_call;

void measure_switch(const Ground& ground, std::uint64_t passes) {
    const Partner partner = create_partner(ground, 1);
    give_code(ground, partner, bench_yield_loop, bench_yield_loop_end);
    start_partner(ground, partner, 0, {});
    Measurement clock;
    Measurement measurement;
    for (std::uint64_t i = 0; i < passes; ++i) {
        (void)measured_clock(&clock, 0, 0, 0, 0, 0);
        (void)measured_switch(&measurement, 0, 0, 0, 0, 0);
    }
    need(system_call::destroy_environment(partner.environment, 0), "ending the partner");
    if (measurement.failed != 0)
        give_up("yield", static_cast<abi::Error>(measurement.failed));
    report_figure("switch", measurement.least_ticks - clock.least_ticks);
}

} // namespace bench
