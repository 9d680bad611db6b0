// tests/qemu/support/child.hpp - other environments, made from the test's own image.
//
// A child runs one function of the test program in an address space laid out like the first
// environment's: code and constants are shared, data is copied, PE page, request area, stacks and
// a ring frame are its own. `shared` is one page that both see. Every frame of a child is bound
// under one derived memory binding, so that dropping that frees whatever is left.

#pragma once

#include <cstdint>
#include <span>

#include "libos/core/upcall.hpp"
#include "tests/qemu/support/world.hpp"

namespace child {

using abi::Capability;
using world::invoke;
namespace call = libos::system_call;
namespace layout = abi::layout;

inline constexpr std::uint64_t shared_address = 0x1f'0000; // in the child
inline constexpr unsigned scratch_page = 500;              // of the playground

struct Options {
    std::uint32_t table_frames = 1;
    std::uint64_t memory_limit = 0; // frames of its own memory binding; 0: none
    std::uint32_t disk_rights = 0;  // on blocks [0, 16) of the disk
    bool request_area = true;
};

struct Child {
    Capability environment, memory, root, low_leaf, image_leaf, pe_frame, shared_frame;
    Capability request_frame;        // first page of the request area
    Capability own_memory, own_disk; // names in the child's table
    Capability disk_part;            // that its own was granted from
    std::uint64_t identity;
    unsigned shared_page; // of the playground
    volatile std::uint64_t* shared() const { return world::words(shared_page); }
};

inline volatile std::uint64_t* shared() {
    return reinterpret_cast<volatile std::uint64_t*>(shared_address);
}

inline Capability table(Child& made, std::uint64_t at, std::uint32_t level) {
    const Capability frame = world::frame(made.memory);
    const Capability links = level == 1 ? world::frame(made.memory) : Capability{};
    return {check::needed("binding a page table of a child",
                          call::bind_page_table(made.root, frame, links, at, level))};
}

inline void map(Capability leaf, std::uint64_t at, Capability frame, std::uint64_t wanted) {
    (void)check::needed("mapping a page of a child",
                        call::install(leaf, page_of(abi::VirtualAddress{at}), frame, wanted));
}

inline Capability page(Child& made, std::uint64_t at, std::uint64_t wanted = abi::access::write) {
    const Capability frame = world::frame(made.memory);
    map(made.low_leaf, at, frame, wanted);
    return frame;
}

/// The image: what is writable is copied as it is now, the rest is shared.
inline void map_image(Child& made) {
    for (std::uint64_t at = layout::image; at < world::start().image_end; at += abi::page_size) {
        const std::uint64_t mine = world::translation(at);
        const bool executable = (mine & abi::translation::no_execute) == 0;
        if ((mine & abi::translation::writable) == 0) {
            map(made.image_leaf, at, world::frame_behind(at),
                executable ? abi::access::execute : abi::access::read_only);
            continue;
        }
        const Capability copy = world::frame(made.memory);
        (void)world::install(scratch_page, copy);
        for (unsigned i = 0; i != 512; ++i)
            world::words(scratch_page)[i] = reinterpret_cast<volatile std::uint64_t*>(at)[i];
        (void)world::remove(scratch_page);
        map(made.image_leaf, at, copy, abi::access::write);
    }
}

inline Capability granted(const Child& made, Capability capability, std::uint32_t wanted) {
    return {
        check::needed("granting to a child", call::grant(capability, made.environment, 0, wanted))};
}

inline void describe(Child& made, const Options& options) {
    const Capability frame = page(made, layout::start_information, abi::access::read_only);
    (void)world::install(scratch_page, frame);
    auto& start = *reinterpret_cast<abi::StartInformation*>(world::address(scratch_page));
    start.size = sizeof start;
    start.version = abi::start_information_version;
    start.environment = static_cast<std::uint32_t>(made.identity);
    start.self = abi::make_capability(1, 1);
    start.console = granted(made, world::start().console, abi::rights::write);
    if (options.memory_limit != 0) {
        const Capability part =
            world::derived(made.memory, abi::rights::all, 0, options.memory_limit);
        start.memory = made.own_memory = granted(made, part, abi::rights::all);
    }
    if (options.disk_rights != 0) {
        made.disk_part =
            world::derived(world::start().disk, options.disk_rights | abi::rights::grant, 0, 16);
        start.disk = made.own_disk = granted(made, made.disk_part, options.disk_rights);
    }
    start.root_table = granted(made, made.root, abi::rights::control);
    start.low_table = granted(made, made.low_leaf, abi::rights::write);
    start.ring_frame = {};
    start.capability_slots = std::uint64_t{options.table_frames} * 64;
    start.image_end = world::start().image_end;
    (void)world::remove(scratch_page);
}

/// The request for an environment of these frames, in the batch: two of its object, its root, and
/// those of its capability table.
inline abi::CreateEnvironment& describe_object(std::span<const Capability> frames) {
    auto& request = *libos::request_area::at<abi::CreateEnvironment>(world::batch);
    request = {};
    request.object_frames[0] = frames[0];
    request.object_frames[1] = frames[1];
    request.root_frame = frames[2];
    request.table_frames = static_cast<std::uint32_t>(frames.size() - 3);
    for (std::size_t i = 3; i != frames.size(); ++i)
        request.table[i - 3] = frames[i];
    return request;
}

/// Likewise a PE that has its page only: it gets no upcall, or has no use for its stack.
inline void describe_bare_pe(Capability pe_frame, std::uint64_t stack_top) {
    auto& setup = *libos::request_area::at<abi::ProcessorEnvironmentSetup>(world::batch);
    setup = {};
    setup.upcall_stack_top = setup.nested_stack_top = stack_top;
    setup.pe_frame = pe_frame;
}

/// Only the object: no address space, no PE.
inline Child create(std::uint32_t table_frames = 1, std::uint64_t limit = 256) {
    Child made{};
    made.memory = world::derived(world::start().memory, abi::rights::all, 0, limit);
    // The table's frames must follow each other: in a fresh list of free frames they do; else a run
    // is looked for by name.
    Capability frames[35];
    for (unsigned i = 0; i != 3; ++i)
        frames[i] = world::frame(made.memory);
    if (table_frames == 1) {
        frames[3] = world::frame(made.memory);
    } else {
        std::uint64_t first = world::facts().total_frames / 2;
        while (
            !invoke(abi::Call::bind_frames, made.memory.value, first, table_frames, world::batch))
            ++first;
        for (unsigned i = 0; i != table_frames; ++i)
            frames[3 + i] = world::bound()[i];
    }
    const auto& request = describe_object(std::span{frames}.first(3 + table_frames));
    made.environment = {
        check::needed("creating an environment", call::create_environment(world::batch))};
    made.root = request.root_table;
    return made;
}

/// Everything but the start.
inline Child build(const Options& options = {}) {
    Child made = create(options.table_frames, 256 + options.memory_limit);
    (void)table(made, 0, 3);
    (void)table(made, 0, 2);
    made.low_leaf = table(made, 0, 1);
    made.image_leaf = table(made, layout::image, 1);
    map_image(made);
    for (std::uint64_t i = 0; i != layout::upcall_stack_pages; ++i)
        (void)page(made, layout::upcall_stack + i * abi::page_size);
    for (std::uint64_t i = 0; i != layout::nested_stack_pages; ++i)
        (void)page(made, layout::nested_stack + i * abi::page_size);
    for (std::uint64_t i = 0; i != 4; ++i)
        (void)page(made, layout::first_stack + i * abi::page_size);
    made.shared_frame = page(made, shared_address);
    static unsigned next_shared = 0;
    made.shared_page = 400 + next_shared++ % 64;
    (void)world::remove(made.shared_page);
    (void)world::install(made.shared_page, made.shared_frame);
    made.pe_frame = page(made, layout::pe_page);
    Capability area[4];
    for (unsigned i = 0; i != 4; ++i)
        area[i] = page(made, layout::request_area + i * abi::page_size);
    made.request_frame = area[0];
    auto& setup = *libos::request_area::at<abi::ProcessorEnvironmentSetup>(world::batch);
    setup = {};
    setup.upcall_stack_top = layout::upcall_stack + layout::upcall_stack_pages * abi::page_size;
    setup.nested_stack_top = layout::nested_stack + layout::nested_stack_pages * abi::page_size;
    setup.pe_frame = made.pe_frame;
    for (unsigned i = 0; i != 4 && options.request_area; ++i)
        setup.request_frames[i] = area[i];
    (void)check::needed("setting up a PE",
                        call::set_processor_environment(made.environment, world::batch));
    // The kernel wrote the identity into the PE page.
    (void)world::install(scratch_page, made.pe_frame);
    made.identity =
        reinterpret_cast<abi::ProcessorEnvironmentPage*>(world::address(scratch_page))->environment;
    (void)world::remove(scratch_page);
    describe(made, options);
    return made;
}

inline check::Value start(const Child& made, void (*function)(std::uint64_t),
                          std::uint64_t argument = 0,
                          Capability time = world::start().processor_time) {
    return invoke(abi::Call::start_environment, made.environment.value,
                  reinterpret_cast<std::uint64_t>(function),
                  layout::first_stack + 4 * abi::page_size - 8, argument, time.value);
}

/// Gives it the first free slice of the first processor, before it is started.
inline void give_slice(const Child& made, std::uint64_t ticks) {
    std::uint64_t position = 1;
    while (call::bind_slice(made.environment, world::start().processor_time, position, ticks) ==
           std::unexpected(abi::Error::occupied))
        ++position;
}

inline Child started(void (*function)(std::uint64_t), std::uint64_t argument = 0,
                     const Options& options = {}) {
    const Child made = build(options);
    (void)check::needed("starting a child", start(made, function, argument));
    return made;
}

/// Waits until `count` environments that the test created have ended; the last one's notice.
inline abi::EndNotice wait_for_end(std::uint64_t count) {
    const volatile auto& pe = libos::processor_environment();
    while (pe.ended_count < count) {
        const libos::UpcallsDisabled disabled;
        if (pe.ended_count < count)
            (void)call::wait();
    }
    const auto& last = libos::processor_environment().ended[(count - 1) % 7];
    return last;
}

inline std::uint64_t ended_count() {
    return const_cast<volatile abi::ProcessorEnvironmentPage&>(libos::processor_environment())
        .ended_count;
}

/// Runs `function` in a child to its end and frees what it was made of.
inline abi::EndNotice run(void (*function)(std::uint64_t), std::uint64_t argument = 0,
                          const Options& options = {}) {
    const std::uint64_t before = ended_count();
    const Child made = started(function, argument, options);
    const abi::EndNotice notice = wait_for_end(before + 1);
    (void)check::needed("dropping a child's memory", call::drop(made.memory));
    return notice;
}

[[noreturn]] inline void end(std::uint64_t status) {
    (void)invoke(abi::Call::end, status);
    __builtin_trap();
}

} // namespace child
