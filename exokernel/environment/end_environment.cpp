// exokernel/environment/end_environment.cpp - giving back all that an environment holds.
//
// Order: no more running; its own bindings are broken slot by slot (and what was derived from them,
// in any environment), those under a transfer when that has ended; its address space; then the
// frames of the object itself. Each transfer goes through an extent of its own, so none is left
// then. The creator learns of it last, when everything is free again.

#include "exokernel/environment/end_environment.hpp"

#include <bit>

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/console/console.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/environment/run_report.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

constinit Environment* ending = nullptr;

namespace {

constinit Environment* last_ending = nullptr;
constinit std::uint32_t ending_count = 0;
constinit std::uint32_t waiting_in_a_row = 0;
constexpr std::uint32_t looks_per_step = 8;
// In units of work:
constexpr std::uint32_t look_work = 4;
constexpr std::uint32_t mark_work = 40; // besides a line that it may have to print
constexpr std::uint32_t free_work = 6;  // of a frame of the object

// The latest goes first: what an environment created is cleaned up before it.
void push_front(Environment& environment) {
    environment.next_ending = ending;
    ending = &environment;
    if (last_ending == nullptr)
        last_ending = &environment;
    ++ending_count;
}

void push_back(Environment& environment) {
    environment.next_ending = nullptr;
    (last_ending != nullptr ? last_ending->next_ending : ending) = &environment;
    last_ending = &environment;
    ++ending_count;
}

Environment& pop_front() {
    Environment& first = *ending;
    ending = first.next_ending;
    if (ending == nullptr)
        last_ending = nullptr;
    --ending_count;
    return first;
}

void mark(Environment& environment, EndReason reason, std::uint64_t fault_address) {
    hold(environment);
    environment.state = EnvironmentState::ending;
    environment.end_reason = reason;
    environment.limit.clear();
    environment.revocation.deadline.clear();
    environment.next_to_end = environment.first_child;
    let_interrupts_in(); // what led here may have used up its step, and printing is one
    flush_console_line(environment);
    record(Event::environment_ended, environment.identity, environment.end_status, reason,
           environment.registers.rip, fault_address);
    if (reason >= EndReason::no_entry && reason != EndReason::parent_ended)
        report_fault(environment, fault_address);
    leave_run_vector(environment);
    waiting_in_a_row = 0;
    push_front(environment);
}

// Ends what it created. It creates no more.
Progress end_children(Environment& environment, std::uint32_t& work) {
    if (environment.next_to_end == nullptr)
        return environment.first_child == nullptr ? Progress::done : Progress::waits;
    while (environment.next_to_end != nullptr && work < step_limit) {
        Environment& child = *environment.next_to_end;
        environment.next_to_end = child.next_sibling;
        work += mark_work + child.line_length;
        if (child.state != EnvironmentState::ending)
            mark(child, EndReason::parent_ended, 0);
    }
    return Progress::again;
}

template <class Address> void unpin(Address& pinned) {
    if (pinned == Address{})
        return;
    unpin_frame(physical_of(std::bit_cast<void*>(pinned)) >> 12);
    pinned = {};
    waiting_in_a_row = 0; // another one's clean-up may have waited for that
}

void release_pinned(Environment& environment) {
    unpin(environment.pe_page);
    unpin(environment.ring);
    unpin(environment.repossession);
    for (std::uint64_t& area : environment.request_area)
        unpin(area);
}

Progress break_slots(Environment& environment, std::uint32_t& work) {
    for (; environment.end_slot != environment.capability_slots; ++environment.end_slot) {
        CapabilityEntry& entry = environment.capabilities[environment.end_slot];
        if (++work > step_limit)
            return Progress::again;
        if (kind_of(entry) == Kind::none || kind_of(entry) == Kind::open)
            continue;
        FINISH(break_subtree(entry, work));
    }
    return Progress::done;
}

void unlink_from_parent(Environment& environment) {
    Environment* const parent = environment.parent;
    if (parent->next_to_end == &environment)
        parent->next_to_end = environment.next_sibling;
    if (environment.previous_sibling != nullptr)
        environment.previous_sibling->next_sibling = environment.next_sibling;
    else
        parent->first_child = environment.next_sibling;
    if (environment.next_sibling != nullptr)
        environment.next_sibling->previous_sibling = environment.previous_sibling;
}

void tell_parent(const Environment& environment) {
    Environment* parent = environment.parent;
    if (parent == nullptr || parent->pe_page == nullptr)
        return;
    abi::ProcessorEnvironmentPage& page = *parent->pe_page;
    page.ended[page.ended_count % 7] = {environment.identity,
                                        static_cast<std::uint16_t>(environment.end_reason), 0,
                                        environment.end_status};
    __atomic_store_n(&page.ended_count, page.ended_count + 1, __ATOMIC_RELEASE);
    raise(*parent, abi::Entry::environment_ended);
}

void free_object(Environment& environment) {
    const auto release = [](const void* page) {
        const std::uint64_t pfn = physical_of(page) >> 12;
        release_frame(entry_at(frame_table.at(pfn).binding), pfn);
    };
    for (std::uint64_t i = 0; i != environment.capability_frames; ++i)
        release(environment.capabilities + i * abi::page_size / sizeof(CapabilityEntry));
    release(environment.fpu_state);
    release(&environment);
}

Progress clean_up(Environment& environment, std::uint32_t& work) {
    work += look_work;
    if (hold(environment)) // it is that processor's to leave it
        return Progress::waits;
    // First of all, because its children may hold what its ring lies in, and wait for it.
    unload_environment(environment);
    release_pinned(environment);
    FINISH(end_children(environment, work));
    FINISH(break_slots(environment, work));
    // The root that its creator holds, whether or not it is the one in use: a root names its
    // environment and must not outlive it. Breaking a root clears both fields.
    for (const std::uint64_t* physical : {&environment.root, &environment.first_root}) {
        if (*physical == 0)
            continue;
        FINISH(break_subtree(entry_at(frame_table.at(*physical >> 12).binding), work));
    }
    if (environment.own_capability != 0) {
        FINISH(break_subtree(entry_at(environment.own_capability), work));
    }
    work += (environment.capability_frames + 2) * free_work;
    if (work > step_limit)
        return Progress::again;
    unlink_from_parent(environment);
    tell_parent(environment);
    free_object(environment);
    --system_page().environments;
    wake_blocked();
    return Progress::done;
}

} // namespace

void end_environment(Environment& environment, EndReason reason, std::uint64_t fault_address) {
    if (environment.state == EnvironmentState::ending)
        return;
    if (environment.parent == nullptr)
        end_run(environment, reason, fault_address);
    mark(environment, reason, fault_address);
}

bool clean_up_step() {
    std::uint32_t work = 0; // of all that are looked at
    // The one that is worked on is out of the list meanwhile: its step may put others in.
    for (std::uint32_t i = 0; i != looks_per_step && ending != nullptr; ++i) {
        Environment& first = pop_front();
        switch (clean_up(first, work)) {
        case Progress::done: // its frames are free
            waiting_in_a_row = 0;
            return true;
        case Progress::again:
            waiting_in_a_row = 0;
            push_back(first);
            return true;
        case Progress::waits:
            push_back(first);
            if (++waiting_in_a_row >= ending_count) {
                waiting_in_a_row = 0;
                return false;
            }
        }
    }
    return ending != nullptr;
}

void forget_own_capability(const CapabilityEntry& entry) {
    auto& environment = *reinterpret_cast<Environment*>(entry.object);
    if (environment.own_capability == reference_of(entry))
        environment.own_capability = 0;
}

Reply sys_end(Call& call) {
    call.caller.end_status = call.argument0();
    end_environment(call.caller, EndReason::ended, 0);
    return Reply::leave();
}

// Waits for the end by being called again, until its capability is gone.
Reply sys_destroy_environment(Call& call) {
    Environment& caller = call.caller;
    if (call.progress() == 0) {
        Environment* target =
            TRY(find_named_environment(caller, call.capability0(), rights::control));
        target->end_status = call.argument1();
        end_environment(*target, EndReason::destroyed, 0);
        call.set_progress(1);
    } else {
        const CapabilityEntry* begun = TRY(find_begun(caller, call.capability0(), rights::control));
        if (begun == nullptr)
            return 0;
        // Whoever forges that waits for nobody's end.
        if (kind_of(*begun) != Kind::environment ||
            reinterpret_cast<Environment*>(begun->object)->state != EnvironmentState::ending)
            return std::unexpected(Error::invalid_argument);
    }
    return Reply::pause();
}

} // namespace exokernel
