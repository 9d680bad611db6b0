// apps/bench/ground.cpp - tables, frames and the PE for the measurements.

#include "apps/bench/ground.hpp"

#include "apps/bench/measured.hpp"
#include "apps/bench/report.hpp"
#include "libos/core/system_call.hpp"

namespace bench {

namespace request_area = libos::request_area;
namespace system_call = libos::system_call;

const abi::Capability* bind_frames(abi::Capability memory, std::uint64_t count) {
    need(system_call::bind_frames(memory, abi::any_frame, count, request_area::capabilities),
         "binding frames");
    return request_area::at<const abi::Capability>(request_area::capabilities);
}

abi::Capability bind_table(const abi::StartInformation& start, abi::Capability root,
                           std::uint64_t address, std::uint32_t level) {
    const bool leaf = level == 1;
    const abi::Capability* bound = bind_frames(start.memory, leaf ? 2 : 1);
    const abi::Capability frame = bound[0];
    const abi::Capability links = leaf ? bound[1] : abi::Capability{};
    return abi::Capability{need(system_call::bind_page_table(root, frame, links, address, level),
                                "binding a page table")};
}

abi::ProcessorEnvironmentPage& pe() {
    return *reinterpret_cast<abi::ProcessorEnvironmentPage*>(abi::layout::pe_page);
}

void enable_upcalls() { __atomic_store_n(&pe().upcalls_disabled, 0, __ATOMIC_SEQ_CST); }
void disable_upcalls() { __atomic_store_n(&pe().upcalls_disabled, 1, __ATOMIC_SEQ_CST); }

void set_entry(abi::Entry entry, void (*handler)()) {
    need(system_call::set_entry({}, entry, reinterpret_cast<std::uint64_t>(handler)),
         "setting an entry point");
}

namespace {

void register_processor_environment() {
    constexpr std::uint64_t page = abi::page_size;
    auto& setup = *request_area::at<abi::ProcessorEnvironmentSetup>(0);
    setup = {.upcall_stack_top = abi::layout::upcall_stack + abi::layout::upcall_stack_pages * page,
             .nested_stack_top = abi::layout::nested_stack + abi::layout::nested_stack_pages * page,
             .resume_begin = reinterpret_cast<std::uint64_t>(&bench_resume_begin),
             .resume_end = reinterpret_cast<std::uint64_t>(&bench_resume_last),
             .pe_frame = {},
             .request_frames = {}};
    need(system_call::set_processor_environment({}, 0), "registering the PE");
}

} // namespace

Ground prepare(const abi::StartInformation* start) {
    Ground ground{.start = start, .table = {}, .frames = {}};
    (void)bind_table(*start, start->root_table, range, 2);
    ground.table = bind_table(*start, start->root_table, range, 1);
    const abi::Capability* bound = bind_frames(start->memory, frame_count);
    for (std::uint64_t i = 0; i < frame_count; ++i)
        ground.frames[i] = bound[i];
    register_processor_environment();
    bench_table = ground.table.value;
    bench_frame = ground.frames[frame_count - 1].value; // written to by nothing else
    return ground;
}

} // namespace bench
