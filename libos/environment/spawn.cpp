// libos/environment/spawn.cpp - from a program of the archive to a running environment.
//
// In order: the kernel's object, page tables and image, stacks and PE, what it is allowed, and what
// it is told. It is started last, so nothing of it runs before all is in place.

#include "libos/environment/spawn.hpp"

#include "bindings/abi/elf.hpp"
#include "bindings/abi/ustar.hpp"
#include "libos/core/address_space.hpp"
#include "libos/core/record.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"
#include "libos/core/upcall_limit.hpp"
#include "libos/environment/archive.hpp"
#include "libos/environment/child_space.hpp"

namespace libos {

namespace {

namespace layout = abi::layout;
constexpr std::uint64_t frames_made_of = 4096; // more than a program of this layout needs

// The kernel's object: what it is made of is donated, a new root comes back.
struct Object {
    abi::Capability environment, root;
    std::uint64_t recording_frames;
};
abi::Result<Object> create(const ChildSpace& space, std::uint32_t table_frames) {
    if (table_frames == 0 || table_frames > 16)
        return std::unexpected(abi::Error::out_of_range);
    abi::Capability table[16];
    TRY(space.bind_run(std::span{table}.first(table_frames)));
    abi::CreateEnvironment request{};
    request.object_frames[0] = TRY(space.bind_frame());
    request.object_frames[1] = TRY(space.bind_frame());
    request.root_frame = TRY(space.bind_frame());
    request.table_frames = table_frames;
    for (unsigned i = 0; i != table_frames; ++i)
        request.table[i] = table[i];
    auto* const shared = request_area::at<abi::CreateEnvironment>(request_area::capabilities);
    *shared = request;
    const std::uint64_t environment =
        TRY(system_call::create_environment(request_area::capabilities));
    return Object{.environment = {environment},
                  .root = shared->root_table,
                  .recording_frames = shared->recording_frames};
}

abi::Result<void> add_pages(ChildSpace& space, std::uint64_t address, std::uint64_t count) {
    for (std::uint64_t i = 0; i != count; ++i)
        TRY(space.add_page(address + i * abi::page_size, abi::access::write));
    return {};
}

// Stacks, PE page and request area; the identity that the exokernel wrote into the page.
abi::Result<void> add_processor(ChildSpace& space, Child& child) {
    TRY(add_pages(space, layout::upcall_stack, layout::upcall_stack_pages));
    TRY(add_pages(space, layout::nested_stack, layout::nested_stack_pages));
    TRY(add_pages(space, layout::first_stack, layout::first_stack_pages));
    abi::ProcessorEnvironmentSetup setup{};
    setup.upcall_stack_top = layout::upcall_stack + layout::upcall_stack_pages * abi::page_size;
    setup.nested_stack_top = layout::nested_stack + layout::nested_stack_pages * abi::page_size;
    setup.pe_frame = TRY(space.add_page(layout::pe_page, abi::access::write));
    for (std::uint64_t i = 0; i != layout::request_area_pages; ++i)
        setup.request_frames[i] =
            TRY(space.add_page(layout::request_area + i * abi::page_size, abi::access::write));
    *request_area::at<abi::ProcessorEnvironmentSetup>(request_area::capabilities) = setup;
    TRY(system_call::set_processor_environment(child.environment, request_area::capabilities));
    child.pe_frame = setup.pe_frame;
    return with_frame(setup.pe_frame, [&](void* page) {
        child.identity = static_cast<abi::ProcessorEnvironmentPage*>(page)->environment;
    });
}

// Derives a part of what the creator has and grants that, so that it can be taken back alone.
struct Granted {
    abi::Capability here, there;
};
abi::Result<Granted> hand_over(abi::Capability capability, const Child& child, std::uint32_t rights,
                               std::uint64_t first = 0, std::uint64_t count = 0) {
    const std::uint32_t kept = rights | abi::rights::grant | abi::rights::revoke;
    const abi::Capability here{TRY(system_call::derive(capability, kept, first, count))};
    const abi::Capability there{TRY(system_call::grant(here, child.environment, 0, rights))};
    return Granted{here, there};
}

abi::Result<void> allow(Child& child, const Allowance& allowance, abi::StartInformation& told) {
    const abi::StartInformation& own = start_information();
    if (allowance.frames != 0) {
        const Granted memory =
            TRY(hand_over(own.memory, child, abi::rights::all, 0, allowance.frames));
        child.frames = memory.here;
        told.memory = child.own_frames = memory.there;
    }
    if (allowance.blocks != 0) {
        const Granted disk =
            TRY(hand_over(own.disk, child, allowance.disk_rights | abi::rights::grant,
                          allowance.first_block, allowance.blocks));
        child.disk = disk.here;
        told.disk = child.own_disk = disk.there;
        told.disk_blocks = allowance.blocks;
        told.disk_first_block = own.disk_first_block + allowance.first_block;
    }
    for (unsigned i = 0; i != std::size(allowance.lent); ++i)
        if (const Loan& loan = allowance.lent[i]; loan.capability)
            told.lent[i] = child.lent[i] = {
                TRY(system_call::grant(loan.capability, child.environment, 0, loan.rights))};
    if (allowance.console)
        told.console = {
            TRY(system_call::grant(own.console, child.environment, 0, abi::rights::write))};
    return {};
}

// Positions on a processor, one part of the creator's for all that it starts there; the first ones
// are those of processor 0.
abi::Result<abi::Capability> time_of(std::uint64_t processor) {
    static abi::Capability parts[8] = {start_information().processor_time};
    if (processor >= std::size(parts))
        return std::unexpected(abi::Error::out_of_range);
    abi::Capability& part = parts[processor];
    if (!part)
        part = {TRY(system_call::derive(start_information().processor_time, abi::rights::control,
                                        processor * abi::positions_per_processor,
                                        abi::positions_per_processor))};
    return part;
}

// The first position that is free.
abi::Result<void> give_slice(abi::Capability environment, abi::Capability time,
                             const Allowance& allowance) {
    std::uint64_t position = allowance.processor * abi::positions_per_processor;
    for (std::uint64_t tries = abi::positions_per_processor; tries != 0; --tries, ++position) {
        const auto bound = system_call::bind_slice(environment, time, position, allowance.slice);
        if (bound)
            return {};
        if (bound.error() != abi::Error::occupied)
            return std::unexpected(bound.error());
    }
    return std::unexpected(abi::Error::limit_reached);
}

abi::Result<void> build(Child& child, std::span<const char> program, std::string_view manifest,
                        const Allowance& allowance) {
    const Object object = TRY(create(ChildSpace{child.made_of, {}}, allowance.table_frames));
    child.environment = object.environment;
    child.root = object.root;
    ChildSpace space{child.made_of, object.root};
    const auto image = TRY(abi::elf::load_pages(
        program, [&](std::uint64_t at, std::uint64_t access, std::span<const char> content) {
            return space.add_page(at, access, content);
        }));
    TRY(add_processor(space, child));

    abi::StartInformation told{};
    told.size = sizeof told;
    told.version = abi::start_information_version;
    told.environment = child.identity;
    told.manifest_bytes = static_cast<std::uint32_t>(manifest.size());
    told.self = abi::make_capability(abi::own_slot, 1);
    TRY(allow(child, allowance, told));
    told.root_table = {TRY(system_call::grant(object.root, child.environment, 0,
                                              abi::rights::control | abi::rights::grant))};
    const abi::Capability low = TRY(space.leaf(0));
    told.low_table = {TRY(system_call::grant(low, child.environment, 0, abi::rights::write))};
    if (object.recording_frames != 0) {
        told.recording = abi::make_capability(abi::recording_slot, 1);
        told.recording_frames = object.recording_frames;
    }
    told.capability_slots = std::uint64_t{allowance.table_frames} * 64;
    told.image_end = image.end;
    TRY(space.add_page(layout::start_information, abi::access::read_only,
                       {reinterpret_cast<const char*>(&told), sizeof told}));
    for (std::uint64_t at = 0; at < layout::manifest_bytes; at += abi::page_size)
        TRY(space.add_page(
            layout::manifest + at, abi::access::read_only,
            std::span{manifest}.subspan(at < manifest.size() ? at : manifest.size())));
    static abi::Capability facts; // one view for all
    if (!facts)
        facts = {TRY(system_call::bind_view(abi::View::system_page, 0))};
    TRY(space.map(layout::system_page, facts, abi::access::read_only));
    const abi::Capability time = TRY(time_of(allowance.processor));
    if (allowance.slice != 0)
        TRY(give_slice(child.environment, time, allowance));
    TRY(system_call::start_environment(child.environment, image.entry,
                                       layout::first_stack +
                                           layout::first_stack_pages * abi::page_size - 8,
                                       layout::start_information, time));
    return {};
}

} // namespace

abi::Result<Child> spawn(std::string_view program, std::string_view manifest,
                         const Allowance& allowance) {
    if (manifest.size() >= layout::manifest_bytes)
        return std::unexpected(abi::Error::invalid_argument);
    const auto whole = TRY(archive());
    const auto file = TRY(abi::find_member(whole, program));
    const UpcallLimitPaused paused; // as long as the program, and what it may bind
    const UpcallsDisabled guard;    // handlers use the same request area
    Child child{};
    child.made_of = {
        TRY(system_call::derive(start_information().memory, abi::rights::all, 0, frames_made_of))};
    const auto built = build(child, file, manifest, allowance);
    if (!built) {
        bury(child);
        return std::unexpected(built.error());
    }
    std::uint64_t name[4] = {};
    program.copy(reinterpret_cast<char*>(name), sizeof(name));
    recording::note<abi::Event::child_started>(child.identity, name[0], name[1], name[2], name[3]);
    return child;
}

const abi::EndNotice* end_of(const Child& child) {
    const abi::ProcessorEnvironmentPage& page = processor_environment();
    const std::uint64_t count =
        const_cast<const volatile abi::ProcessorEnvironmentPage&>(page).ended_count;
    constexpr std::uint64_t kept = std::size(abi::ProcessorEnvironmentPage{}.ended);
    for (std::uint64_t n = count > kept ? count - kept : 0; n < count; ++n)
        if (page.ended[n % kept].environment == child.identity)
            return &page.ended[n % kept];
    return nullptr;
}

void bury(const Child& child) {
    // What it was made of goes with it; then what was derived for it alone.
    if (child.environment)
        system_call::disregard(system_call::destroy_environment(child.environment, 0));
    for (const abi::Capability capability : {child.made_of, child.frames, child.disk})
        if (capability)
            system_call::disregard(system_call::drop(capability));
}

void bury_at_its_end(const Child& child) {
    while (end_of(child) == nullptr) {
        const UpcallsDisabled guard; // its end does not come between looking and waiting
        if (end_of(child) == nullptr)
            system_call::disregard(system_call::wait());
    }
    bury(child);
}

} // namespace libos
