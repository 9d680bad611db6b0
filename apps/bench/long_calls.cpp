// apps/bench/long_calls.cpp - the calls that work on many objects, once each at their largest.
//
// They are not measured one by one. They are here so that the longest path with interrupts off,
// which every run of the benchmark reports, is not merely the longest of the short ones.

#include "apps/bench/benchmarks.hpp"
#include "apps/bench/report.hpp"
#include "libos/core/system_call.hpp"

namespace bench {
namespace {

namespace request_area = libos::request_area;
namespace system_call = libos::system_call;

constexpr std::uint64_t whole_table = abi::entries_per_table;

abi::TranslationRequest request(const Ground& ground, abi::TranslationOperation operation,
                                std::uint64_t index, std::uint64_t count) {
    return {.operation = operation,
            .index = static_cast<std::uint16_t>(index),
            .count = static_cast<std::uint16_t>(count),
            .error = 0,
            .table = ground.table,
            .frame = ground.frames[index % frame_count],
            .value = abi::access::write};
}

void perform(std::uint64_t count) {
    if (need(system_call::perform_translations(0, static_cast<std::uint32_t>(count)),
             "performing translations") != 0)
        give_up("an item of a long batch", abi::Error::invalid_argument);
}

// Batches larger than the part of the request area given to them: nothing else uses it meanwhile.
void fill_and_empty_a_table(const Ground& ground) {
    auto* requests = request_area::at<abi::TranslationRequest>(0);
    using enum abi::TranslationOperation;
    for (std::uint64_t i = 0; i < whole_table; ++i)
        requests[i] = request(ground, install, i, 1);
    perform(whole_table);
    requests[0] = request(ground, change, 0, whole_table);
    requests[0].value = abi::access::read_only;
    requests[1] = request(ground, clear_accessed, 0, whole_table);
    requests[2] = request(ground, clear_dirty, 0, whole_table);
    perform(3);
    need(system_call::change(ground.table, ground.page(0), whole_table, abi::access::write),
         "changing a whole table");
    for (std::uint64_t i = 0; i < whole_table; ++i)
        requests[i] = request(ground, remove, i, 1);
    perform(whole_table);
}

// A memory binding with frames below it, some of them mapped, taken back at one blow.
void revoke_memory(const Ground& ground) {
    constexpr std::uint64_t frames = 128;
    const abi::Capability child{need(
        system_call::derive(ground.start->memory, abi::rights::all, 0, frames), "deriving memory")};
    const abi::Capability* bound = bind_frames(child, frames);
    for (std::uint64_t i = 0; i < frames; ++i)
        need(system_call::install(ground.table, ground.page(i), bound[i], abi::access::write),
             "installing a frame to revoke");
    need(system_call::revoke(child), "revoking memory");
    need(system_call::drop(child), "dropping memory");
}

// A frame with many translations and many derived bindings.
void drop_shared_frame(const Ground& ground) {
    const abi::Capability frame = *bind_frames(ground.start->memory, 1);
    for (std::uint64_t i = 0; i < whole_table; ++i)
        need(system_call::install(ground.table, ground.page(i), frame, abi::access::read_only),
             "installing one frame many times");
    for (int i = 0; i < 64; ++i)
        need(system_call::derive(frame, abi::rights::read, 0, 0), "deriving a frame");
    need(system_call::drop(frame), "dropping a frame with many translations");
}

// A leaf table given back with all its translations.
void drop_full_table(const Ground& ground) {
    constexpr std::uint64_t second = range + 0x20'0000; // the next leaf
    const abi::Capability table = bind_table(*ground.start, ground.start->root_table, second, 1);
    const abi::Vpn first = abi::page_of(abi::VirtualAddress{second});
    for (std::uint64_t i = 0; i < whole_table; ++i)
        need(system_call::install(table, abi::Vpn{first.value + i}, ground.frames[i % frame_count],
                                  abi::access::read_only),
             "filling a table");
    need(system_call::drop(table), "dropping a full table");
}

void create_and_destroy(const Ground& ground) {
    constexpr std::uint64_t table_frames = 4;
    const abi::Capability* bound = bind_frames(ground.start->memory, 3);
    const abi::Capability object[3] = {bound[0], bound[1], bound[2]};
    auto& create = *request_area::at<abi::CreateEnvironment>(0);
    create = {.object_frames = {object[0], object[1]},
              .root_frame = object[2],
              .root_table = {},
              .recording_frames = 0,
              .table_frames = 1,
              .table = {}};
    bound = bind_frames(ground.start->memory, table_frames);
    create.table[0] = bound[0];
    const abi::Capability child{
        need(system_call::create_environment(0), "creating an environment")};
    need(system_call::destroy_environment(child, 0), "destroying an environment");
}

// The console as fast as it takes text: lines of the greatest length.
void write_much(const Ground& ground) {
    auto* text = request_area::at<char>(request_area::text);
    constexpr std::uint64_t length = 1000;
    for (std::uint64_t i = 0; i < length; ++i)
        text[i] = i % 200 == 199 ? '\n' : '.';
    need(system_call::write_console(ground.start->console, request_area::text, length),
         "writing to the console");
}

} // namespace

void run_long_calls(const Ground& ground) {
    fill_and_empty_a_table(ground);
    drop_full_table(ground);
    drop_shared_frame(ground);
    create_and_destroy(ground);
    write_much(ground);
    revoke_memory(ground);
}

} // namespace bench
