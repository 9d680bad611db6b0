// libos/vm/pager.cpp - the pager's upcall handlers: page_fault, io_completion, revoke,
// repossession.
//
// Each exists twice, with and without recording. They translate between the PE (save area, fault
// address) and the pager (region, page, thread), and say which thread goes on.

#include "libos/core/failure.hpp"
#include "libos/vm/guest_pager.hpp"

namespace libos {

using recording::Recording;

template <Recording recording>
void note_entry(abi::Entry entry, std::uint64_t save_area, std::uint64_t sequence) {
    if constexpr (recording == Recording::on) {
        recording::prepare();
        recording::emit<abi::Event::handler_entered>(
            entry, processor_environment().entries[static_cast<std::uint32_t>(entry)],
            threads::current == nullptr ? 0 : threads::current->id, save_area, sequence);
    }
}

template void note_entry<Recording::on>(abi::Entry, std::uint64_t, std::uint64_t);
template void note_entry<Recording::off>(abi::Entry, std::uint64_t, std::uint64_t);

namespace {

// Bits of the hardware's page-fault error code.
constexpr std::uint64_t error_protection = 1u << 0;
constexpr std::uint64_t error_write = 1u << 1;
constexpr std::uint64_t error_fetch = 1u << 4;

/// Whether `area` is the state in which the thread faulted before: it has not got on since.
bool same_state(const abi::SaveArea& area, const abi::SaveArea& before) {
    return area.rip == before.rip && area.rcx == before.rcx && area.rax == before.rax &&
           area.rdx == before.rdx && area.rdi == before.rdi && area.rsi == before.rsi &&
           area.rbx == before.rbx && area.rsp == before.rsp && area.rbp == before.rbp &&
           area.r8 == before.r8 && area.r9 == before.r9 && area.r10 == before.r10 &&
           area.r11 == before.r11 && area.r12 == before.r12 && area.r13 == before.r13 &&
           area.r14 == before.r14 && area.r15 == before.r15;
}

/// What was taken is in the books before anything else is done: a handler must not look for a
/// translation in a page table that is gone. The upcall that says so still comes: more may be taken
/// on another processor meanwhile, and whoever clears the bit must not miss that.
template <Recording recording> void mend_first(GuestPager<recording>& pager) {
    constexpr std::uint32_t bit = 1u << static_cast<std::uint32_t>(abi::Entry::repossession);
    if ((__atomic_load_n(&processor_environment().pending, __ATOMIC_RELAXED) & bit) != 0)
        [[unlikely]]
        pager.handle_repossession();
}

template <Recording recording> bool end_if_stuck(GuestPager<recording>& pager) {
    if (!pager.is_stuck() || threads::any_runnable()) [[likely]]
        return false;
    fail_thread({.what = Failure::What::pool_too_small,
                 .error = abi::Error::no_memory,
                 .address = pager.frame_count(),
                 .rip = 0,
                 .code = 0});
    return true;
}

/// A running thread goes on; only the idle loop gives way, and a thread that has failed.
bool has_to_switch() {
    return threads::current == nullptr ? threads::any_runnable()
                                       : threads::current->status == Thread::State::ended;
}

template <Recording recording>
bool handle_page_fault(abi::SaveArea& area, std::uint64_t address, std::uint64_t save_area) {
    GuestPager<recording>& pager = *guest_pager::instance<recording>;
    note_entry<recording>(abi::Entry::page_fault, save_area, pager.figures().faults + 1);
    if (pager.figures().faults == guest_pager::last_fault) [[unlikely]] {
        fail_thread({.what = Failure::What::stopped,
                     .error = {},
                     .address = guest_pager::last_fault,
                     .rip = area.rip,
                     .code = 0});
        return true;
    }
    const PageNo page = (address - address_range::regions) >> abi::page_shift;
    Region* const region = pager.region_of(page);
    if (region == nullptr || (area.error & error_protection) != 0) [[unlikely]] {
        fail_thread(
            {.what =
                 region == nullptr ? Failure::What::wild_access : Failure::What::write_to_read_only,
             .error = region == nullptr ? abi::Error::not_present : abi::Error::access_denied,
             .address = address,
             .rip = area.rip,
             .code = area.error});
        return true;
    }
    mend_first<recording>(pager);
    Thread& thread = *threads::current;
    thread.faulted = true;
    const Why why = (area.error & error_write) != 0   ? Why::write
                    : (area.error & error_fetch) != 0 ? Why::execute
                                                      : Why::read;
    using Taken = GuestPager<recording>::Taken;
    if (pager.handle_fault(*region, page, why, thread, same_state(area, thread.state)) ==
        Taken::resident) {
        threads::note_resumed<recording>(thread);
        return false;
    }
    end_if_stuck<recording>(pager);
    return true;
}

template <Recording recording>
bool handle_io_completion(abi::SaveArea&, std::uint64_t, std::uint64_t save_area) {
    GuestPager<recording>& pager = *guest_pager::instance<recording>;
    note_entry<recording>(abi::Entry::io_completion, save_area, 0);
    mend_first<recording>(pager);
    pager.handle_completions();
    return end_if_stuck<recording>(pager) || has_to_switch();
}

/// Only frames can be chosen among. What else is asked for is left to the deadline.
template <Recording recording> void comply(GuestPager<recording>& pager) {
    const abi::ProcessorEnvironmentPage& page = processor_environment();
    if (page.revoke_binding == start_information().memory && page.revoke_deadline != 0)
        pager.handle_revocation({.number = page.revoke_number,
                                 .count = page.revoke_count,
                                 .binding = page.revoke_binding,
                                 .deadline = page.revoke_deadline});
}

template <Recording recording>
bool handle_revoke(abi::SaveArea&, std::uint64_t, std::uint64_t save_area) {
    note_entry<recording>(abi::Entry::revoke, save_area, 0);
    GuestPager<recording>& pager = *guest_pager::instance<recording>;
    mend_first<recording>(pager);
    comply<recording>(pager);
    return end_if_stuck<recording>(pager) || has_to_switch();
}

template <Recording recording>
bool handle_repossession(abi::SaveArea&, std::uint64_t, std::uint64_t save_area) {
    note_entry<recording>(abi::Entry::repossession, save_area, 0);
    GuestPager<recording>& pager = *guest_pager::instance<recording>;
    pager.handle_repossession();
    return end_if_stuck<recording>(pager) || has_to_switch();
}

} // namespace

namespace guest_pager {

template <Recording recording> void take_over_entries() {
    const UpcallsDisabled guard;
    libos_handle_revoke = handle_revoke<recording>;
    libos_handle_repossession = handle_repossession<recording>;
    libos_handle_page_fault = handle_page_fault<recording>;
    libos_handle_io_completion = handle_io_completion<recording>;
    comply<recording>(*instance<recording>); // with what was asked for before there was a pager
}
template void take_over_entries<Recording::on>();
template void take_over_entries<Recording::off>();

} // namespace guest_pager
} // namespace libos
