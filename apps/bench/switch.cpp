// apps/bench/switch.cpp - measures passing the processor between two environments.
//
// The second one is a page of code: it yields for ever. So one `yield` of ours is there and back,
// two switches with two address spaces.

#include "apps/bench/benchmarks.hpp"
#include "apps/bench/measured.hpp"
#include "apps/bench/report.hpp"
#include "libos/core/system_call.hpp"

namespace bench {
namespace {

namespace request_area = libos::request_area;
namespace system_call = libos::system_call;

constexpr std::uint64_t code_address = 0x40'0000;

struct Partner {
    abi::Capability environment;
    abi::Capability root;
};

Partner create(const Ground& ground) {
    const abi::Capability* bound = bind_frames(ground.start->memory, 4);
    auto& request = *request_area::at<abi::CreateEnvironment>(0);
    request = {.object_frames = {bound[0], bound[1]},
               .root_frame = bound[2],
               .root_table = {},
               .recording_frames = 0,
               .table_frames = 1,
               .table = {bound[3]}};
    const abi::Capability environment{
        need(system_call::create_environment(0), "creating an environment")};
    return {environment, request.root_table};
}

// Writes the loop through our own address space, then installs the frame in the partner's.
void give_code(const Ground& ground, const Partner& partner) {
    const abi::Capability frame = *bind_frames(ground.start->memory, 1);
    need(system_call::install(ground.table, ground.page(0), frame, abi::access::write),
         "installing the partner's code to write it");
    auto* code = reinterpret_cast<unsigned char*>(range);
    const auto* loop = reinterpret_cast<const unsigned char*>(&bench_yield_loop);
    const auto bytes = reinterpret_cast<std::uint64_t>(&bench_yield_loop_end) -
                       reinterpret_cast<std::uint64_t>(&bench_yield_loop);
    for (std::uint64_t i = 0; i < bytes; ++i)
        code[i] = loop[i];
    need(system_call::remove(ground.table, ground.page(0)), "removing the partner's code");
    abi::Capability leaf;
    for (std::uint32_t level = 3; level != 0; --level)
        leaf = bind_table(*ground.start, partner.root, code_address, level);
    need(system_call::install(leaf, abi::page_of(abi::VirtualAddress{code_address}), frame,
                              abi::access::execute),
         "installing the partner's code");
}

void start(const Ground& ground, const Partner& partner) {
    const abi::Capability pe_frame = *bind_frames(ground.start->memory, 1);
    auto& setup = *request_area::at<abi::ProcessorEnvironmentSetup>(0);
    setup = {.upcall_stack_top = code_address,
             .nested_stack_top = code_address,
             .resume_begin = 0,
             .resume_end = 0,
             .pe_frame = pe_frame,
             .request_frames = {}};
    need(system_call::set_processor_environment(partner.environment, 0),
         "registering the partner's PE");
    need(system_call::invoke(abi::Call::start_environment, partner.environment.value, code_address,
                             code_address, 0, ground.start->processor_time.value),
         "starting the partner");
}

} // namespace

void measure_switch(const Ground& ground, std::uint64_t passes) {
    const Partner partner = create(ground);
    give_code(ground, partner);
    start(ground, partner);
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
