// exokernel/boot/first_environment.cpp - loading the first program and handing it the roots.

#include <bit>

#include "bindings/abi/archive.hpp"
#include "bindings/abi/elf.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/translation.hpp"
#include "exokernel/PE/set_processor_environment.hpp"
#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/boot/archive.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/boot/first_address_space.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/environment/create_environment.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/memory/system_page.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

constexpr std::uint64_t default_slots = 1024;
constexpr std::uint64_t most_slots = std::uint64_t{1} << 20;

char* memory_of(const CapabilityEntry& frame) {
    return at_physical<char>(abi::frame_number_of(frame) << 12);
}

abi::elf::Image load_program(FirstAddressSpace& space, std::string_view file) {
    const auto image =
        abi::elf::load_pages(file,
                             [&](std::uint64_t at, std::uint64_t access,
                                 std::span<const char> content) -> abi::Result<void> {
                                 const CapabilityEntry& frame = space.add_page(at, access);
                                 __builtin_memcpy(memory_of(frame), content.data(), content.size());
                                 return {};
                             });
    if (!image)
        refuse_to_boot("the program is not a static ELF64 for x86-64 in range",
                       "each segment needs its own pages, writable or executable");
    return *image;
}

Environment& build_object() {
    std::uint64_t slots = manifest_number("slots", default_slots);
    slots = std::bit_ceil(slots < 64 ? 64 : slots < most_slots ? slots : most_slots);
    const std::uint64_t frames = slots / 64;
    const EnvironmentMemory memory{take_boot_frames(1), take_boot_frames(1),
                                   take_boot_frames(frames), static_cast<std::uint32_t>(frames)};
    frame_table.build();
    for (std::uint64_t i = 0; i != frames; ++i)
        frame_table.at((memory.table >> 12) + i).previous =
            static_cast<std::uint32_t>(memory.object >> 12);
    return build_environment(memory, nullptr);
}

CapabilityEntry& root_binding(Environment& environment, Kind kind, std::uint64_t object,
                              std::uint64_t detail) {
    return **make_binding(environment, {kind, abi::rights::all, object, detail, nullptr});
}

abi::Capability name_of(const CapabilityEntry& entry) { return {entry.name}; }

void build_pe(Environment& environment, FirstAddressSpace& space, abi::StartInformation& start) {
    namespace layout = abi::layout;
    const auto add_pages = [&space](std::uint64_t address, std::uint64_t count) {
        for (; count != 0; --count, address += abi::page_size)
            space.add_page(address, abi::access::write);
    };
    const CapabilityEntry& frame = space.add_page(layout::pe_page, abi::access::write);
    start.pe_frame = name_of(frame);
    make_pe_page(environment, frame);
    environment.upcall_stack = layout::upcall_stack + layout::upcall_stack_pages * 4096;
    environment.nested_stack = layout::nested_stack + layout::nested_stack_pages * 4096;
    for (unsigned i = 0; i != layout::request_area_pages; ++i)
        make_request_page(
            environment, i,
            space.add_page(layout::request_area + i * abi::page_size, abi::access::write));
    record_processor_environment(environment);
    start.ring_frame = name_of(space.add_page(layout::io_ring, abi::access::write));
    add_pages(layout::upcall_stack, layout::upcall_stack_pages);
    add_pages(layout::nested_stack, layout::nested_stack_pages);
    add_pages(layout::first_stack, layout::first_stack_pages);
}

void map_manifest(FirstAddressSpace& space, abi::StartInformation& start) {
    const auto text = manifest();
    start.manifest_bytes = static_cast<std::uint32_t>(text.size());
    for (std::uint64_t at = 0; at < abi::manifest_limit; at += 4096) {
        const CapabilityEntry& frame =
            space.add_page(abi::layout::manifest + at, abi::access::read_only);
        if (at < text.size())
            __builtin_memcpy(memory_of(frame), text.data() + at,
                             text.size() - at < 4096 ? text.size() - at : 4096);
    }
}

} // namespace

Environment& build_first_environment() {
    namespace layout = abi::layout;
    Environment& environment = build_object();
    const CapabilityEntry& own =
        make_binding_in(environment, abi::own_slot,
                        {Kind::environment, abi::rights::all,
                         reinterpret_cast<std::uint64_t>(&environment), 0, nullptr});
    environment.own_capability = reference_of(own);
    CapabilityEntry& memory = root_binding(environment, Kind::memory, 0, frame_table.total());
    FirstAddressSpace space{environment, memory};
    const CapabilityEntry& start_frame =
        space.add_page(layout::start_information, abi::access::read_only);
    auto& start = *reinterpret_cast<abi::StartInformation*>(memory_of(start_frame));
    start.size = sizeof start;
    start.version = abi::start_information_version;
    start.environment = environment.identity;
    start.self = name_of(own);
    start.memory = name_of(memory);
    start.root_table = name_of(space.root());
    start.low_table = name_of(space.leaf(0));
    if (disk_blocks() != 0)
        start.disk = name_of(root_binding(environment, Kind::disk_extent, 0, disk_blocks()));
    start.console = name_of(root_binding(environment, Kind::console, 0, 0));
    start.processor_time = name_of(root_binding(environment, Kind::processor_time, 0,
                                                std::uint64_t{run_positions} * processor_count));
    if (environment.recording_count != 0)
        start.recording = name_of(environment.capabilities[abi::recording_slot]);
    build_pe(environment, space, start);
    map_manifest(space, start);
    CapabilityEntry& facts = **make_binding(
        environment, frame_binding(physical_of(&system_page()) >> 12, abi::rights::read, nullptr));
    space.map(layout::system_page, facts, abi::access::read_only);
    start.recording_frames = environment.recording_count;
    start.disk_blocks = disk_blocks();
    const MemoryRange& archive = boot_information.module;
    start.archive_bytes = archive.end - archive.begin;
    start.archive_frames = ((archive.end + 4095) >> 12) - (archive.begin >> 12);
    start.capability_slots = environment.capability_slots;
    const auto app = manifest_value("app");
    if (app.empty())
        refuse_to_boot("the manifest names no `app`");
    const auto program = find_member(app);
    if (program.data() == nullptr)
        refuse_to_boot("the archive has no member with the name that `app` has in the manifest");
    const auto image = load_program(space, program);
    start.image_end = image.end;
    if (!enter_run_vector(environment, 0, run_positions, 0))
        panic("the run vector is full at boot");
    begin(environment, image.entry, layout::first_stack + layout::first_stack_pages * 4096 - 8,
          layout::start_information);
    return environment;
}

} // namespace exokernel
