// exokernel/environment/create_environment.cpp - system call `create_environment`.

#include "exokernel/environment/create_environment.hpp"

#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/bind_page_table.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

constinit std::uint32_t last_identity = 0; // never reused in a run

// The FPU state that the hardware has after reset: all exceptions masked.
void build_fpu_state(void* state) {
    auto* words = static_cast<std::uint32_t*>(state);
    words[0] = 0x37f;  // x87 control word
    words[6] = 0x1f80; // MXCSR
}

// All frames are cleared in one step.
constexpr std::uint64_t most_table_frames = 16;

// The frames of a CreateEnvironment, all checked: object, FPU state, root, and the table's.
struct Donation {
    CapabilityEntry* frames[3 + most_table_frames];
    std::uint32_t table_frames;
};

abi::Result<Donation> find_donations(Environment& caller, const abi::CreateEnvironment& request) {
    const std::uint64_t count = request.table_frames;
    if (count == 0 || count > most_table_frames || (count & (count - 1)) != 0)
        return std::unexpected(Error::out_of_range);
    Donation donation{{}, static_cast<std::uint32_t>(count)};
    auto& frames = donation.frames;
    for (unsigned i = 0; i != 3 + count; ++i) {
        frames[i] = TRY(find_donation(caller, i < 2    ? request.object_frames[i]
                                              : i == 2 ? request.root_frame
                                                       : request.table[i - 3]));
        for (unsigned j = 0; j != i; ++j)
            if (frames[i] == frames[j])
                return std::unexpected(Error::invalid_argument);
        if (i > 3 && frame_number_of(*frames[i]) != frame_number_of(*frames[i - 1]) + 1)
            return std::unexpected(Error::invalid_argument);
    }
    return donation;
}

std::uint64_t become_object(CapabilityEntry& frame, std::uint64_t object_pfn) {
    const std::uint64_t pfn = frame_number_of(frame);
    rename_binding(frame, Kind::kernel_object, rights::read);
    zero_frame(pfn);
    FrameEntry& entry = frame_table.at(pfn);
    entry.state = FrameState::object;
    entry.previous = static_cast<std::uint32_t>(object_pfn);
    return pfn << 12;
}

} // namespace

Environment& build_environment(const EnvironmentMemory& memory, Environment* parent) {
    Environment& environment = *at_physical<Environment>(memory.object);
    environment.identity = ++last_identity;
    environment.state = EnvironmentState::created;
    environment.capabilities = at_physical<CapabilityEntry>(memory.table);
    environment.capability_frames = memory.table_frames;
    environment.capability_slots = memory.table_frames * 64;
    environment.fpu_state = at_physical<void>(memory.fpu);
    build_fpu_state(environment.fpu_state);
    environment.parent = parent;
    if (parent != nullptr) {
        environment.next_sibling = parent->first_child;
        if (parent->first_child != nullptr)
            parent->first_child->previous_sibling = &environment;
        parent->first_child = &environment;
    }
    build_capability_table(environment);
    const LibosRing ring = libos_ring(environment.identity - 1, environment.identity);
    environment.recording_first = ring.first_frame;
    environment.recording_count = ring.count;
    if (ring.count != 0)
        make_binding_in(environment, abi::recording_slot,
                        {Kind::recording_ring, rights::all, ring.first_frame, ring.count, nullptr});
    ++system_page().environments;
    return environment;
}

Reply sys_create_environment(Call& call) {
    Environment& caller = call.caller;
    abi::CreateEnvironment request;
    const std::uint64_t offset = call.argument0();
    TRY(copy_request(caller, offset, &request, sizeof request));
    const Donation donation = TRY(find_donations(caller, request));
    volatile std::uint64_t* const result =
        TRY(request_words(caller, offset + offsetof(abi::CreateEnvironment, root_table), 16));
    // The creator's binding.
    CapabilityEntry* own =
        TRY(make_binding(caller, {Kind::environment, rights::all, 0, 0, nullptr}));
    const auto& frames = donation.frames;
    const std::uint64_t object_pfn = frame_number_of(*frames[0]);
    const EnvironmentMemory memory{become_object(*frames[0], object_pfn),
                                   become_object(*frames[1], object_pfn),
                                   become_object(*frames[3], object_pfn), donation.table_frames};
    for (std::uint32_t i = 1; i != donation.table_frames; ++i)
        become_object(*frames[3 + i], object_pfn);
    Environment& environment = build_environment(memory, &caller);
    own->object = reinterpret_cast<std::uint64_t>(&environment);
    environment.own_capability = reference_of(*own);
    become_root(*frames[2], environment);
    environment.root = environment.first_root = frames[2]->object - direct_map_base;
    make_binding_in(environment, abi::own_slot,
                    {Kind::environment, rights::all, own->object, 0, own});
    result[0] = frames[2]->name;
    result[1] = environment.recording_count;
    record(Event::environment_created, environment.identity, caller.identity);
    return own->name;
}

} // namespace exokernel
