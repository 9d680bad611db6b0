// apps/bench/partner.cpp - making other environments for the measurements.

#include "apps/bench/partner.hpp"

#include "apps/bench/report.hpp"
#include "libos/core/system_call.hpp"

namespace bench {

namespace request_area = libos::request_area;
namespace system_call = libos::system_call;

namespace {

// Frames that follow each other, looked for by name where the list of free frames is none.
const abi::Capability* bind_run(const Ground& ground, std::uint64_t count) {
    static std::uint64_t from = 0x2000;
    while (!system_call::bind_frames(ground.start->memory, from, count, request_area::capabilities))
        ++from;
    from += count;
    return request_area::at<const abi::Capability>(request_area::capabilities);
}

} // namespace

Partner create_partner(const Ground& ground, std::uint32_t table_frames) {
    const abi::Capability* bound = bind_frames(ground.start->memory, 3);
    auto& request = *request_area::at<abi::CreateEnvironment>(0);
    request = {.object_frames = {bound[0], bound[1]},
               .root_frame = bound[2],
               .root_table = {},
               .recording_frames = 0,
               .table_frames = table_frames,
               .table = {}};
    bound = bind_run(ground, table_frames);
    for (std::uint32_t i = 0; i < table_frames; ++i)
        request.table[i] = bound[i];
    const abi::Capability environment{
        need(system_call::create_environment(0), "creating an environment")};
    return {environment, request.root_table};
}

// Writes the code through our own address space, then installs the frame in the partner's.
abi::Capability give_code(const Ground& ground, const Partner& partner, void (*begin)(),
                          void (*end)()) {
    const abi::Capability frame = *bind_frames(ground.start->memory, 1);
    need(system_call::install(ground.table, ground.page(0), frame, abi::access::write),
         "installing the partner's code to write it");
    auto* code = reinterpret_cast<unsigned char*>(range);
    const auto* from = reinterpret_cast<const unsigned char*>(begin);
    const auto bytes =
        reinterpret_cast<std::uint64_t>(end) - reinterpret_cast<std::uint64_t>(begin);
    for (std::uint64_t i = 0; i < bytes; ++i)
        code[i] = from[i];
    need(system_call::remove(ground.table, ground.page(0)), "removing the partner's code");
    abi::Capability leaf;
    for (std::uint32_t level = 3; level != 0; --level)
        leaf = bind_table(*ground.start, partner.root, code_address, level);
    need(system_call::install(leaf, abi::page_of(abi::VirtualAddress{code_address}), frame,
                              abi::access::execute),
         "installing the partner's code");
    return leaf;
}

void start_partner(const Ground& ground, const Partner& partner, std::uint64_t argument,
                   const std::array<abi::Capability, 4>& request_frames) {
    const abi::Capability pe_frame = *bind_frames(ground.start->memory, 1);
    auto& setup = *request_area::at<abi::ProcessorEnvironmentSetup>(0);
    setup = {.upcall_stack_top = code_address,
             .nested_stack_top = code_address,
             .resume_begin = 0,
             .resume_end = 0,
             .pe_frame = pe_frame,
             .request_frames = {request_frames[0], request_frames[1], request_frames[2],
                                request_frames[3]}};
    need(system_call::set_processor_environment(partner.environment, 0),
         "registering the partner's PE");
    need(system_call::start_environment(partner.environment, code_address, code_address, argument,
                                        ground.start->processor_time),
         "starting the partner");
}

} // namespace bench
