// exokernel/revocation/request_revocation.cpp - system call `request_revocation`.
//
// Step 1 is the first call: it checks everything, marks the binding and raises the receiver's
// upcall. From then on the call is tried again whenever something has got on: until the receiver
// has complied (step 3), or until its deadline has passed and the rest was taken (steps 5 to 7).
// The number of the request is its `progress`, which tells a call that goes on from a new one.

#include <algorithm>

#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

constinit std::uint32_t last_number = 0;

bool is_derived(const CapabilityEntry& binding, const CapabilityEntry& from) {
    const std::uint32_t wanted = reference_of(from);
    for (std::uint32_t above = binding.parent; above != 0; above = entry_at(above).parent)
        if (above == wanted)
            return true;
    return false;
}

bool is_under_way(const Revocation& revocation) {
    return revocation.number != 0 && !revocation.met;
}

// What the binding uses above what it will be left with.
std::uint32_t owed_by(const CapabilityEntry& binding) {
    if (kind_of(binding) != Kind::memory)
        return 1;
    return binding.object > binding.detail
               ? static_cast<std::uint32_t>(binding.object - binding.detail)
               : 0;
}

Reply end(Environment& receiver) {
    Revocation& revocation = receiver.revocation;
    std::uint32_t missing = 0;
    if (!revocation.met) { // only guaranteed frames are left
        CapabilityEntry& target = entry_at(revocation.target);
        stop_asking(target);
        missing = owed_by(target);
    }
    const std::uint32_t taken =
        revocation.expired && revocation.owed > missing ? revocation.owed - missing : 0;
    const std::uint32_t given = revocation.count - taken - missing;
    record(Event::revocation_ended, revocation.number, receiver.identity, given, taken, missing);
    revocation = {};
    if (receiver.pe_page != nullptr) {
        receiver.pe_page->revoke_binding = {};
        __atomic_fetch_and(&receiver.pe_page->pending,
                           ~(1u << static_cast<std::uint32_t>(abi::Entry::revoke)),
                           __ATOMIC_RELEASE);
    }
    const std::uint64_t value = given | std::uint64_t{taken} << 32;
    return missing == 0 ? Reply{value} : Reply{Error::limit_reached, value};
}

Reply go_on(Call& call, std::uint32_t number) {
    const auto found = find_named_environment(call.caller, call.capability1(), 0);
    if (!found)
        return std::unexpected(Error::ended);
    Environment& receiver = **found;
    Revocation& revocation = receiver.revocation;
    if (revocation.number != number || revocation.asker != call.caller.identity)
        return std::unexpected(Error::not_present);
    expire_sleeping(receiver); // its last transfer may have ended untold
    // Whoever is asked meanwhile must not hide behind somebody else's deadline.
    if (is_under_way(call.caller.revocation))
        expire(receiver);
    Progress progress = Progress::waits;
    if (revocation.met && revocation.saving == 0) {
        progress = Progress::done;
    } else if (revocation.expired) {
        if (revocation.way == 0) {
            revocation.way = 1;
            CapabilityEntry& target = entry_at(revocation.target);
            revocation.owed = owed_by(target);
            if (kind_of(target) == Kind::memory)
                target.mapping_head = target.first_child;
        }
        std::uint32_t work = 0;
        progress = take_by_force(receiver, work);
    }
    return progress == Progress::done ? end(receiver) : Reply{progress};
}

} // namespace

Reply sys_request_revocation(Call& call) {
    const std::uint64_t count = call.argument3();
    if (const std::uint32_t number = call.progress(); number != 0)
        return go_on(call, number);
    Environment& caller = call.caller;
    const std::uint64_t deadline = call.argument4();
    CapabilityEntry* from = TRY(find_any_binding(caller, call.capability0(), rights::revoke));
    Environment* receiver = TRY(find_named_environment(caller, call.capability1(), 0));
    if (receiver == &caller)
        return std::unexpected(Error::invalid_argument);
    CapabilityEntry* binding =
        TRY(find_any_binding(*receiver, abi::Capability{call.argument2()}, 0));
    if (!is_derived(*binding, *from))
        return std::unexpected(Error::access_denied);
    TRY(check_lasting(*binding));
    if (is_under_way(receiver->revocation) || is_under_way(caller.revocation) ||
        receiver->revocation.saving != 0)
        return std::unexpected(Error::busy);
    const bool memory = kind_of(*binding) == Kind::memory;
    if (count == 0 || count > (memory ? binding->detail : 1) || !is_length(deadline))
        return std::unexpected(Error::out_of_range);

    if (memory)
        binding->detail -= count;
    // What was missing at the end of an earlier request is asked for again.
    const std::uint32_t owed = owed_by(*binding);
    Revocation& revocation = receiver->revocation;
    revocation = {};
    revocation.number = ++last_number;
    revocation.asker = caller.identity;
    revocation.count = std::max(static_cast<std::uint32_t>(count), owed);
    revocation.target = reference_of(*binding);
    revocation.met = owed == 0;
    record(Event::revocation_requested, revocation.number, receiver->identity, binding->name,
           kind_of(*binding), revocation.count, deadline, caller.identity, owed);
    if (!revocation.met) {
        binding->being_asked = true;
        if (receiver->state == EnvironmentState::created || receiver->slices == 0) {
            revocation.expired = true; // there is nobody to ask
            record(Event::revocation_expired, revocation.number, receiver->identity);
        } else {
            abi::ProcessorEnvironmentPage& page = *receiver->pe_page;
            page.revoke_count = owed;
            page.revoke_number = revocation.number;
            page.revoke_deadline = deadline;
            page.revoke_binding = abi::Capability{binding->name};
            revocation.deadline.set(deadline);
            raise(*receiver, abi::Entry::revoke);
        }
    }
    call.set_progress(revocation.number);
    return Reply::again();
}

} // namespace exokernel
