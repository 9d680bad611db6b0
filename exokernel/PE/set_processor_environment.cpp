// exokernel/PE/set_processor_environment.cpp - system calls `set_processor_environment`,
// `set_entry` and `deliver_pending`.

#include "exokernel/PE/deliver_upcall.hpp"

#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

bool is_stack(std::uint64_t top) {
    return top != 0 && top % 16 == 0 && abi::is_user_address(top - 1);
}

} // namespace

void make_request_page(Environment& environment, unsigned index, const CapabilityEntry& frame) {
    environment.request_area[index] =
        reinterpret_cast<std::uint64_t>(pin_zeroed(frame, FrameUse::essential, environment));
}

void make_pe_page(Environment& environment, const CapabilityEntry& frame) {
    auto* page = static_cast<abi::ProcessorEnvironmentPage*>(
        pin_zeroed(frame, FrameUse::essential, environment));
    page->size = sizeof *page;
    page->version = abi::processor_environment_version;
    page->entry_count = abi::entry_slots;
    page->environment = environment.identity;
    page->upcalls_disabled = 1;
    environment.pe_page = page;
}

void record_processor_environment(const Environment& environment) {
    const std::uint64_t pe_frame =
        environment.pe_page == nullptr ? 0 : physical_of(environment.pe_page) >> 12;
    record(Event::processor_environment_set, environment.identity, pe_frame,
           environment.upcall_stack, environment.nested_stack, environment.resume_begin,
           environment.resume_end, 0, 0);
}

Reply sys_set_processor_environment(Call& call) {
    Environment* target = TRY(find_environment(call.caller, call.capability0(), rights::control));
    abi::ProcessorEnvironmentSetup setup;
    TRY(copy_request(call.caller, call.argument1(), &setup, sizeof setup));
    if (!is_stack(setup.upcall_stack_top) || !is_stack(setup.nested_stack_top) ||
        setup.resume_begin > setup.resume_end || !abi::is_user_address(setup.resume_end))
        return std::unexpected(Error::invalid_argument);
    const abi::Capability named[5] = {setup.pe_frame, setup.request_frames[0],
                                      setup.request_frames[1], setup.request_frames[2],
                                      setup.request_frames[3]};
    // The request area comes whole or not at all: its first page stands for it everywhere.
    for (int i = 2; i != 5; ++i)
        if (static_cast<bool>(named[i]) != static_cast<bool>(named[1]))
            return std::unexpected(Error::invalid_argument);
    CapabilityEntry* frames[5] = {};
    for (int i = 0; i != 5; ++i) {
        if (!named[i])
            continue;
        if (target->state != EnvironmentState::created ||
            (i == 0 ? target->pe_page != nullptr : target->request_area[i - 1] != 0))
            return std::unexpected(Error::busy);
        frames[i] = TRY(find_pinnable(call.caller, named[i]));
        for (int j = 0; j != i; ++j)
            if (frames[i] == frames[j])
                return std::unexpected(Error::invalid_argument);
    }
    target->upcall_stack = setup.upcall_stack_top;
    target->nested_stack = setup.nested_stack_top;
    target->resume_begin = setup.resume_begin;
    target->resume_end = setup.resume_end;
    for (unsigned i = 1; i != 5; ++i)
        if (frames[i] != nullptr)
            make_request_page(*target, i - 1, *frames[i]);
    if (frames[0] != nullptr)
        make_pe_page(*target, *frames[0]);
    record_processor_environment(*target);
    return 0;
}

Reply sys_set_entry(Call& call) {
    Environment* target = TRY(find_environment(call.caller, call.capability0(), rights::control));
    const std::uint64_t slot = call.argument1();
    const std::uint64_t address = call.argument2();
    if (slot >= abi::entry_slots)
        return std::unexpected(Error::out_of_range);
    if (!abi::is_user_address(address) || target->pe_page == nullptr)
        return std::unexpected(Error::invalid_argument);
    target->entries[slot] = address;
    target->pe_page->entries[slot] = address;
    record(Event::entry_set, target->identity, slot, address, 0, 0);
    return 0;
}

Reply sys_deliver_pending(Call& call) {
    // The way back to ring 3 delivers what is pending.
    const abi::ProcessorEnvironmentPage& page = *call.caller.pe_page;
    if (__atomic_load_n(&page.pending, __ATOMIC_ACQUIRE) == 0)
        return std::unexpected(Error::not_present);
    return 0;
}

} // namespace exokernel
