// apps/bench/long_calls.cpp - the calls that work on many objects, once each at their largest.
//
// They are not measured one by one. They are here so that the longest path with interrupts off,
// which every run of the benchmark reports, is not merely the longest of the short ones.

#include "apps/bench/benchmarks.hpp"
#include "apps/bench/measured.hpp"
#include "apps/bench/partner.hpp"
#include "apps/bench/report.hpp"
#include "bindings/abi/io_ring.hpp"
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

// Bindings derived as often as can be.
constexpr std::uint32_t deepest = abi::derivation_limit;

abi::Capability derived(abi::Capability top, std::uint64_t count, std::uint32_t levels) {
    for (std::uint32_t i = 0; i < levels; ++i)
        top = abi::Capability{
            need(system_call::derive(top, abi::rights::all, 0, count), "deriving once more")};
    return top;
}

// A whole ring of requests that are looked at down to the roots, and refused.
void refuse_requests(const Ground& ground) {
    auto& ring = *reinterpret_cast<abi::IoRing*>(abi::layout::io_ring);
    const abi::Capability blocks = ground.start->disk;
    const abi::Capability part{
        need(system_call::derive(blocks, abi::rights::all, 0, 8), "deriving an extent")};
    const abi::Capability extent = derived(part, 8, deepest - 1);
    const abi::Capability page = *bind_frames(ground.start->memory, 1);
    const abi::Capability frame = derived(page, 0, deepest - 1);
    const std::uint32_t first = ring.request_producer;
    for (std::uint32_t i = 0; i < abi::io_ring_slots; ++i)
        ring.requests[i] = {.extent = extent,
                            .frame = frame,
                            .block = 8,
                            .operation = abi::IoOperation::read,
                            .cookie = i};
    __atomic_store_n(&ring.request_producer, first + abi::io_ring_slots, __ATOMIC_RELEASE);
    if (need(system_call::submit_io(), "submitting what is refused") != abi::io_ring_slots)
        give_up("the number of requests taken", abi::Error::out_of_range);
    ring.completion_consumer += abi::io_ring_slots;
    need(system_call::drop(page), "dropping a deep chain of frames");
    need(system_call::drop(part), "dropping a deep chain of extents");
}

// The largest batch of named frames, counted in every binding above; and given back.
void bind_and_drop_deep(const Ground& ground) {
    constexpr std::uint64_t frames = abi::batch_limit;
    const abi::Capability top{
        need(system_call::derive(ground.start->memory, abi::rights::all, 0, frames), "memory")};
    const abi::Capability memory = derived(top, frames, deepest - 2);
    std::uint64_t first = 0x1000;
    while (!system_call::bind_frames(memory, first, frames, request_area::capabilities))
        first += 16;
    need(system_call::drop_frames(request_area::capabilities, frames), "dropping deep frames");
    need(system_call::bind_frames(memory, first, frames, request_area::capabilities), "again");
    need(system_call::revoke(top), "revoking deep memory");
    need(system_call::drop(top), "dropping deep memory");
}

// Many leaves, each found by going down from the top.
void revoke_deep_leaves(const Ground& ground) {
    const abi::Capability page = *bind_frames(ground.start->memory, 1);
    const abi::Capability last = derived(page, 0, deepest - 2);
    for (int i = 0; i < 128; ++i)
        need(system_call::derive(last, abi::rights::read, 0, 0), "deriving a leaf");
    need(system_call::drop(page), "dropping what has many deep leaves");
}

// Many page tables below the root of an environment.
void bind_tables(const Ground& ground, const Partner& partner) {
    constexpr std::uint64_t spread = std::uint64_t{1} << 30; // a table of each level for each leaf
    for (std::uint64_t i = 0; i < 16; ++i)
        for (std::uint32_t level = i == 0 ? 3 : 2; level != 0; --level)
            (void)bind_table(*ground.start, partner.root, i * spread, level);
}

// An environment with a full table of 1,024 slots, and many page tables.
void destroy_large(const Ground& ground) {
    const Partner partner = create_partner(ground, 16);
    for (std::uint64_t i = 0; i < 900; ++i)
        need(system_call::grant(ground.frames[i % frame_count], partner.environment, 0,
                                abi::rights::read),
             "filling a table of capabilities");
    bind_tables(ground, partner);
    need(system_call::destroy_environment(partner.environment, 0),
         "destroying a large environment");
}

// Memory is taken back with a step's worth of leaf tables, and then what stands on it: a frame
// under a transfer, while an environment that has faulted is cleaned up, or another environment.
void revoke_and_wait(const Ground& ground, std::uint64_t tables, bool transfer) {
    abi::StartInformation start = *ground.start;
    start.memory = abi::Capability{
        need(system_call::derive(start.memory, abi::rights::all, 0, 32), "deriving memory")};
    Ground lent = ground;
    lent.start = &start;
    auto& ring = *reinterpret_cast<abi::IoRing*>(abi::layout::io_ring);
    if (transfer) {
        const std::uint32_t at = ring.request_producer;
        ring.requests[at % abi::io_ring_slots] = {.extent = start.disk,
                                                  .frame = *bind_frames(start.memory, 1),
                                                  .block = 8,
                                                  .operation = abi::IoOperation::read,
                                                  .cookie = 0};
        const Partner partner = create_partner(ground, 1);
        bind_tables(ground, partner);
        start_partner(ground, partner, 0, {});
        need(system_call::yield(), "letting one fault that has nothing mapped");
        __atomic_store_n(&ring.request_producer, at + 1, __ATOMIC_RELEASE);
        need(system_call::submit_io(), "submitting what has to be waited for");
    } else {
        (void)create_partner(lent, 1);
    }
    constexpr std::uint64_t second = range + 0x20'0000; // the next leaf
    for (std::uint64_t i = 0; i < tables; ++i)
        (void)bind_table(start, start.root_table, second + i * 0x20'0000, 1);
    need(system_call::revoke(start.memory), "revoking what others stand on");
    need(system_call::drop(start.memory), "dropping that memory");
    ring.completion_consumer += transfer ? 1 : 0;
}

// One that has created some two hundred others.
void destroy_family(const Ground& ground) {
    const Partner partner = create_partner(ground, 16);
    give_code(ground, partner, bench_parent_loop, bench_parent_loop_end);
    const abi::Capability memory{
        need(system_call::grant(ground.start->memory, partner.environment, 0, abi::rights::control),
             "granting memory")};
    std::array<abi::Capability, 4> area;
    const abi::Capability* bound = bind_frames(ground.start->memory, area.size());
    for (std::size_t i = 0; i < area.size(); ++i)
        area[i] = bound[i];
    need(system_call::install(ground.table, ground.page(0), area[0], abi::access::write),
         "installing the partner's request area");
    start_partner(ground, partner, memory.value, area); // it is zeroed here
    reinterpret_cast<abi::CreateEnvironment*>(range)->table_frames = 1;
    need(system_call::remove(ground.table, ground.page(0)), "removing it");
    need(system_call::yield(), "letting it create environments");
    const auto& facts =
        *reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page);
    if (facts.environments < 150)
        give_up("the number of descendants", abi::Error::limit_reached);
    need(system_call::destroy_environment(partner.environment, 0), "destroying a family");
}

// The abort protocol on a frame that three environments map 1,002 times in all: its holder,
// who refuses, and two others to whom it passed the frame on.
void force_shared_frame(const Ground& ground) {
    constexpr std::uint64_t pages = REFUSED_PAGES;
    const Partner receiver = create_partner(ground, 1);
    const Partner third = create_partner(ground, 1);
    const abi::Capability code = give_code(ground, receiver, bench_refuse_loop, //
                                           bench_refuse_loop_end);
    const abi::Capability theirs = give_code(ground, third, bench_wait_loop, bench_wait_loop_end);
    const abi::Capability memory{
        need(system_call::derive(ground.start->memory, abi::rights::all, 0, 1), "memory of one")};
    const abi::Capability table = bind_table(*ground.start, receiver.root, 0x60'0000, 1);
    std::array<std::uint64_t, 5> words{};
    const auto give = [&](std::size_t word, abi::Capability what, std::uint32_t rights) {
        words[word] = need(system_call::grant(what, receiver.environment, 0, rights),
                           "granting to one that will refuse");
    };
    give(0, memory, abi::rights::all);
    give(1, ground.start->self, 0);
    words[2] = need(system_call::open_slot(), "opening a slot");
    words[3] = need(system_call::open_slot(), "opening another");
    give(4, table, abi::rights::write);
    std::array<abi::Capability, 4> area;
    const abi::Capability* bound = bind_frames(ground.start->memory, area.size());
    for (std::size_t i = 0; i < area.size(); ++i)
        area[i] = bound[i];
    need(system_call::install(ground.table, ground.page(0), area[0], abi::access::write),
         "installing the request area of one that will refuse");
    need(system_call::install(code, abi::Vpn{1}, area[0], abi::access::write), "there as well");
    start_partner(ground, receiver, code_address + abi::page_size, area); // it is zeroed here
    auto* shared = reinterpret_cast<volatile std::uint64_t*>(range);
    for (std::size_t i = 0; i < words.size(); ++i)
        shared[i] = words[i];
    need(system_call::yield(), "letting it bind its frame, map it and pass it on");
    if (shared[11] != 0)
        give_up("what one that will refuse has to do", abi::Error::invalid_argument);
    const abi::Capability mine{shared[9]}, lent{shared[10]};
    for (std::uint64_t i = 1; i <= pages; ++i) {
        need(system_call::install(ground.table, ground.page(i), mine, abi::access::write),
             "mapping what was passed on");
        need(system_call::install(theirs, abi::Vpn{i}, lent, abi::access::write),
             "mapping it for the third one");
    }
    constexpr std::uint64_t deadline = 1000;
    if (need(system_call::request_revocation(memory, receiver.environment,
                                             abi::Capability{words[0]}, 1, deadline),
             "asking for a frame that three map") != 1ull << 32)
        give_up("the number of frames taken by force", abi::Error::out_of_range);
    need(system_call::remove(ground.table, ground.page(0)), "removing the request area");
    for (const Partner& partner : {receiver, third})
        need(system_call::destroy_environment(partner.environment, 0), "destroying who refused");
}

// Every position of the run vector taken while another environment ends and transfers complete.
void end_among_many(const Ground& ground) {
    constexpr std::uint64_t count = 62;
    std::array<Partner, count> partners;
    for (Partner& partner : partners) {
        partner = create_partner(ground, 1);
        give_code(ground, partner, bench_wait_loop, bench_wait_loop_end);
        start_partner(ground, partner, 0, {});
    }
    need(system_call::yield(), "letting them wait");
    for (const Partner& partner : partners)
        need(system_call::destroy_environment(partner.environment, 0), "destroying one of many");
}

} // namespace

void run_long_calls(const Ground& ground) {
    fill_and_empty_a_table(ground);
    drop_full_table(ground);
    drop_shared_frame(ground);
    create_and_destroy(ground);
    write_much(ground);
    revoke_memory(ground);
    refuse_requests(ground);
    bind_and_drop_deep(ground);
    revoke_deep_leaves(ground);
    destroy_large(ground);
    for (const std::uint64_t tables : {2u, 4u}) {
        revoke_and_wait(ground, tables, false);
        revoke_and_wait(ground, tables, true);
    }
    destroy_family(ground);
    end_among_many(ground);
    force_shared_frame(ground);
}

} // namespace bench
