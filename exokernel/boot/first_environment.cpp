// exokernel/boot/first_environment.cpp - loading the first program and handing it the roots.

#include <algorithm>
#include <bit>

#include "bindings/abi/layout.hpp"
#include "exokernel/PE/deliver_upcall.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/environment/create_environment.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

Environment& build_object() {
    const std::uint64_t slots =
        std::bit_ceil(std::clamp<std::uint64_t>(boot_image().slots, 64, 1 << 20));
    const std::uint64_t frames = slots / 64;
    const EnvironmentMemory memory{take_boot_frames(1), take_boot_frames(1),
                                   take_boot_frames(frames), static_cast<std::uint32_t>(frames)};
    frame_table.build();
    for (std::uint64_t i = 0; i != frames; ++i)
        frame_table.at((memory.table >> 12) + i).previous =
            static_cast<std::uint32_t>(memory.object >> 12);
    return build_environment(memory, nullptr);
}

abi::Capability root_binding(Environment& environment, Kind kind, std::uint64_t detail) {
    return {(*make_binding(environment, {kind, rights::all, 0, detail, nullptr}))->name};
}

CapabilityEntry& add_frame(Environment& environment, CapabilityEntry& memory) {
    if (frame_table.free_count() == 0)
        refuse_to_boot("there is too little memory for the first environment");
    if (environment.free_slots < 2) // the system page needs one as well
        refuse_to_boot("the first environment has too few capability slots",
                       "raise `slots` in the manifest");
    return bind_frame(environment, memory, frame_table.first_free());
}

std::uint64_t& entry_for(const Environment& environment, const abi::BootPage& page,
                         unsigned level) {
    const auto entry = table_entry(environment.root, page.address, level);
    if (!abi::is_user_address(page.address) || !entry || **entry != 0)
        refuse_to_boot("two parts of the program share a page, or one has no page table");
    return **entry;
}

void add_table(Environment& environment, CapabilityEntry& memory, const CapabilityEntry& root,
               const abi::BootPage& page, CapabilityEntry& frame) {
    if (page.access < 1 || page.access > 3)
        refuse_to_boot("there is no page table of such a level");
    const auto level = static_cast<unsigned>(page.access);
    become_table(frame, level == 1 ? &add_frame(environment, memory) : nullptr, root, page.address,
                 level, entry_for(environment, page, level + 1));
}

// The memory of the first environment; `start` gets the names of it.
void add_pages(Environment& environment, CapabilityEntry& memory, abi::StartInformation& start) {
    CapabilityEntry& root = add_frame(environment, memory);
    become_root(root, environment);
    environment.root = physical_of(table_of(root));
    start.root_table = {root.name};
    unsigned request_pages = 0;
    for (const abi::BootPage& page : boot_pages()) {
        CapabilityEntry& frame =
            page.use == abi::PageUse::system
                ? **make_binding(environment, frame_binding(physical_of(&system_page()) >> 12,
                                                            rights::read, nullptr))
                : add_frame(environment, memory);
        if (page.use == abi::PageUse::table) {
            add_table(environment, memory, root, page, frame);
            if (page.access == 1 && page.address < table_span(1))
                start.low_table = {frame.name};
            continue;
        }
        const std::uint64_t& entry = entry_for(environment, page, 1);
        write_translation(entry_at(frame_table.at(physical_of(&entry) >> 12).binding),
                          table_index(page.address, 1), frame, page.access);
        const auto content = content_of(page);
        void* const memory_of_frame = at_physical<void>(frame_number_of(frame) << 12);
        __builtin_memcpy(memory_of_frame, content.data(), content.size());
        if (page.use == abi::PageUse::pe) {
            start.pe_frame = {frame.name};
            make_pe_page(environment, frame);
        } else if (page.use == abi::PageUse::request) {
            make_request_page(environment, request_pages++ % 4, frame);
        } else if (page.use == abi::PageUse::ring) {
            start.ring_frame = {frame.name};
        } else if (page.use == abi::PageUse::start) {
            __builtin_memcpy(memory_of_frame, &start, sizeof start);
        }
    }
}

} // namespace

void build_first_environment() {
    namespace layout = abi::layout;
    Environment& environment = build_object();
    const CapabilityEntry& own =
        make_binding_in(environment, abi::own_slot,
                        {Kind::environment, rights::all,
                         reinterpret_cast<std::uint64_t>(&environment), 0, nullptr});
    environment.own_capability = reference_of(own);
    CapabilityEntry& memory =
        **make_binding(environment, {Kind::memory, rights::all, 0, frame_table.total(), nullptr});
    const MemoryRange& archive = boot_information.module;
    abi::StartInformation start = boot_image().start;
    start.environment = environment.identity;
    start.self = {own.name};
    start.memory = {memory.name};
    start.disk_blocks = disk_blocks();
    if (disk_blocks() != 0)
        start.disk = root_binding(environment, Kind::disk_extent, disk_blocks());
    start.console = root_binding(environment, Kind::console, 0);
    start.processor_time = root_binding(environment, Kind::processor_time,
                                        std::uint64_t{run_positions} * processor_count);
    start.recording_frames = environment.recording_count;
    if (environment.recording_count != 0)
        start.recording = {environment.capabilities[abi::recording_slot].name};
    start.archive_bytes = archive.end - archive.begin;
    start.archive_frames = ((archive.end + 4095) >> 12) - (archive.begin >> 12);
    start.capability_slots = environment.capability_slots;
    add_pages(environment, memory, start);
    if (environment.pe_page == nullptr)
        refuse_to_boot("the archive has no PE page for the first environment");
    environment.upcall_stack = layout::upcall_stack + layout::upcall_stack_pages * 4096;
    environment.nested_stack = layout::nested_stack + layout::nested_stack_pages * 4096;
    record_processor_environment(environment);
    give_slice(0, {&environment, 0, 0});
    begin(environment, boot_image().entry,
          layout::first_stack + layout::first_stack_pages * 4096 - 8, layout::start_information);
}

} // namespace exokernel
