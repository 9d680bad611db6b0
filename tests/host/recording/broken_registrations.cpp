// tests/host/recording/broken_registrations.cpp - stories that differ from what is registered:
// entry points, stacks, the PE page; and from what went before: the TLB, the place of a page on the
// disk.

#include "bindings/abi/processor_environment.hpp"
#include "tests/host/recording/broken_stories.hpp"

namespace story {

namespace {

constexpr std::uint64_t page = 0x40000;
constexpr std::uint64_t kernel_address = 0xffff'8000'0000'0000;

bool is(const Event& event, Kind kind) { return event.kind == static_cast<std::uint16_t>(kind); }

void take_out_entry(Recording& r, std::size_t n) {
    const std::size_t set = index_of(r, Kind::entry_set, n);
    erase(r, set + 1); // the call
    erase(r, set);
}

void enter_completions_at(Recording& r, std::uint64_t address) {
    for (Event& event : r.events)
        if ((is(event, Kind::upcall) || is(event, Kind::handler_entered)) &&
            value_of(event, "entry") == static_cast<std::uint64_t>(abi::Entry::io_completion))
            set(event, "address", address);
}

void run_upcalls_on(Recording& r, std::uint64_t stack) {
    for (Event& event : r.events)
        if (is(event, Kind::upcall))
            set(event, "stack", stack);
}

void use_upcall_stack(Recording& r, std::uint64_t stack) {
    for (Event& event : r.events)
        if (is(event, Kind::processor_environment_set))
            set(event, "upcall_stack", stack);
    run_upcalls_on(r, stack);
}

// The first completion's interrupt comes while a thread runs at `rip`.
void interrupt_for_completion(Recording& r, std::uint64_t rip) {
    Event& event = nth(r, Kind::interrupt);
    set(event, "rip", rip);
    set(event, "ring", 3);
}

// The n-th claim of a kind, and the request that it is about, name another block.
void use_block(Recording& r, Kind kind, std::size_t n, std::uint64_t operation,
               std::uint64_t block) {
    Event& claimed = nth(r, kind, n);
    set(claimed, "block", block);
    for (std::size_t i = index_of(r, kind, n); i != r.events.size(); ++i)
        if (is(r.events[i], Kind::io_submitted) && value_of(r.events[i], "operation") == operation)
            return set(r.events[i], "block", block);
}

// Entries that the story sets: 0 page_fault, 1 exception, 2 io_completion. The processor
// environment is set 0 by the kernel at the start, 1 by the libOS.
constexpr Broken registrations[] = {
    {"upcall-enters-the-registered-entry", "the entry was never set",
     [](Recording& r) { take_out_entry(r, 0); }},
    {"upcall-enters-the-registered-entry", "completions enter where faults do",
     [](Recording& r) { enter_completions_at(r, value_of(nth(r, Kind::entry_set), "address")); }},
    {"completion-has-an-entry-of-its-own", "completions are set to enter where faults do",
     [](Recording& r) {
         const std::uint64_t address = value_of(nth(r, Kind::entry_set), "address");
         set(nth(r, Kind::entry_set, 2), "address", address);
         enter_completions_at(r, address);
     }},
    {"registered-for-upcalls-is-the-libos-own", "an entry is set in the kernel",
     [](Recording& r) { set(nth(r, Kind::entry_set, 1), "address", kernel_address); }},
    {"registered-for-upcalls-is-the-libos-own", "an entry is set that there is not",
     [](Recording& r) { set(nth(r, Kind::entry_set, 1), "entry", 99); }},
    {"registered-for-upcalls-is-the-libos-own", "the stacks lie in the kernel",
     [](Recording& r) { use_upcall_stack(r, kernel_address); }},
    {"registered-for-upcalls-is-the-libos-own", "the first stack is none",
     [](Recording& r) { use_upcall_stack(r, 0); }},
    {"registered-for-upcalls-is-the-libos-own", "the resume range ends before it begins",
     [](Recording& r) { set(nth(r, Kind::processor_environment_set, 1), "resume_end", 0x400000); }},
    {"registered-for-upcalls-is-the-libos-own", "the PE page is in a frame that nobody has",
     [](Recording& r) { set(nth(r, Kind::processor_environment_set), "pe_frame", 90); }},
    {"registered-for-upcalls-is-the-libos-own", "an environment starts without a PE page",
     [](Recording& r) { erase(r, index_of(r, Kind::processor_environment_set)); }},
    {"registered-for-upcalls-is-the-libos-own", "the stacks are for an environment there is not",
     [](Recording& r) { set(nth(r, Kind::processor_environment_set, 1), "environment", 2); }},
    {"system-call-accounts-for-its-effects", "set_entry sets nothing",
     [](Recording& r) { erase(r, index_of(r, Kind::entry_set)); }},
    {"system-call-accounts-for-its-effects", "set_processor_environment sets nothing",
     [](Recording& r) { erase(r, index_of(r, Kind::processor_environment_set, 1)); }},
    {"upcall-writes-only-its-save-area", "all stacks lie in the kernel",
     [](Recording& r) { run_upcalls_on(r, kernel_address); }},
    {"upcall-writes-only-its-save-area", "the first stack is 0",
     [](Recording& r) { set(nth(r, Kind::upcall), "stack", 0); }},
    {"upcall-writes-only-its-save-area", "nothing is written",
     [](Recording& r) { set(nth(r, Kind::upcall), "frame_bytes", 0); }},
    {"upcall-writes-only-its-save-area", "an upcall overwrites the state that is being resumed",
     [](Recording& r) { interrupt_for_completion(r, 0x401210); }},
    {"removal-flushes-before-reuse", "the flush comes after the write-back was started",
     [](Recording& r) {
         set(nth(r, Kind::translation_removed, 1), "flushed", 0);
         insert(r, index_of(r, Kind::io_submitted, 4) + 1, false, Kind::tlb_flushed, {page, 1});
     }},
    {"page-keeps-its-block", "a page of the region is read from elsewhere",
     [](Recording& r) { use_block(r, Kind::read_submitted, 1, 0, 99); }},
    {"page-keeps-its-block", "a victim is written where it was not read",
     [](Recording& r) { use_block(r, Kind::write_back_submitted, 0, 1, 99); }},
    {"page-keeps-its-block", "another fault on the page names another region",
     [](Recording& r) {
         const Event seen = nth(r, Kind::fault_seen);
         insert(r, r.events.size(), true, Kind::fault_seen,
                {seen.payload[0], seen.payload[1], seen.payload[2], seen.payload[3],
                 seen.payload[4] + 1});
     }},
};

} // namespace

std::span<const Broken> broken_registrations() { return registrations; }

} // namespace story
