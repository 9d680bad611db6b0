// tests/host/recording/broken_stories.cpp - one small change each.

#include "tests/host/recording/broken_stories.hpp"

#include <iterator>
#include <vector>

#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"

namespace story {

namespace {

constexpr std::uint64_t page = 0x40000;

// The upcall of the n-th exception.
std::size_t upcall_of(const Recording& r, std::size_t n) {
    return index_of(r, Kind::exception, n) + 1;
}

// Which of the story's events is meant: faults 0 free, 1 and 2 overlapping, 3 joined, 4 clean
// victim, 5 dirty victim, 6 zero-filled. Removals 0 clean, 1 dirty, 2 zero. Requests (submitted)
// 0, 1, 2 reads, 3 read after the clean victim, 4 write-back, 5 read after it, 6 flush. Exceptions
// 0 general protection (skipped), 1 breakpoint; interrupt 6 is the timer's, between them.
constexpr Broken stories[] = {
    {"nothing-lost", "a ring lost records", [](Recording& r) { r.rings[1].lost = 3; }},
    {"nothing-lost", "the end of the file is missing",
     [](Recording& r) {
         r.complete = false;
         r.notes.push_back("the end is missing");
     }},
    {"records-are-whole", "an event was broken",
     [](Recording& r) { r.flags.push_back({1, recording::Reason::broken_event, 4}); }},
    {"time-monotonic", "an event is older than the one before",
     [](Recording& r) { nth(r, Kind::upcall, 2).time -= 100; }},
    {"time-monotonic", "an event is older than the kernel",
     [](Recording& r) { r.flags.push_back({1, recording::Reason::time_before_entry, 4}); }},
    {"origin-not-forged", "a libOS writes a completion itself",
     [](Recording& r) {
         Event& event = nth(r, Kind::io_completed);
         event.claim = true;
         event.ring = 1;
     }},
    {"origin-not-forged", "a libOS writes in another one's name",
     [](Recording& r) { r.flags.push_back({1, recording::Reason::foreign_environment, 4}); }},
    {"no-policy-decision-by-kernel", "the kernel names the victim",
     [](Recording& r) {
         Event& event = nth(r, Kind::victim_chosen);
         event.claim = false;
         event.ring = 0;
     }},
    {"run-begins-and-ends", "nothing happened", [](Recording& r) { r.events.clear(); }},
    {"run-begins-and-ends", "the second half is missing",
     [](Recording& r) { r.events.resize(r.events.size() / 2); }},
    {"run-begins-and-ends", "the environment never ends",
     [](Recording& r) { erase_all(r, Kind::environment_ended); }},
    {"run-begins-and-ends", "it ends with another status than the run",
     [](Recording& r) { r.result.status = 3; }},
    {"run-begins-and-ends", "the kernel never starts",
     [](Recording& r) { erase_all(r, Kind::kernel_started); }},
    {"application-starts-and-ends", "it ends, but never started",
     [](Recording& r) { erase_all(r, Kind::application_started); }},
    {"application-starts-and-ends", "it ends with another status",
     [](Recording& r) { set(nth(r, Kind::application_ended), "status", 1); }},
    {"records-are-whole", "a reserved word is used",
     [](Recording& r) { set(nth(r, Kind::thread_resumed), "reserved", 1); }},
    {"removal-returns-the-bits", "another translation is removed than was installed",
     [](Recording& r) { nth(r, Kind::translation_removed).payload[2] ^= 2; }},
    {"what-is-used-is-bound", "bits are cleared in a table that does not serve the page",
     [](Recording& r) { set(nth(r, Kind::bits_cleared), "table", 13); }},
    {"counters-equal-events", "all system calls are missing",
     [](Recording& r) { erase_all(r, Kind::system_call); }},
    {"counters-equal-events", "all interrupts are missing",
     [](Recording& r) { erase_all(r, Kind::interrupt); }},
    {"counters-equal-events", "the kernel counted one more fault",
     [](Recording& r) { ++r.result.faults; }},
    {"only-started-environments-act", "an upcall enters an environment that there is not",
     [](Recording& r) { nth(r, Kind::upcall, 1).environment = 2; }},
    {"only-started-environments-act", "the environment was not started",
     [](Recording& r) { erase_all(r, Kind::environment_started); }},
    {"what-is-used-is-bound", "no frame was bound",
     [](Recording& r) { erase_all(r, Kind::frame_bound); }},
    {"what-is-used-is-bound", "nothing was bound",
     [](Recording& r) {
         erase_all(r, Kind::frame_bound);
         erase_all(r, Kind::binding_made);
         erase_all(r, Kind::page_table_bound);
     }},
    {"what-is-used-is-bound", "no page table was bound",
     [](Recording& r) { erase_all(r, Kind::page_table_bound); }},
    {"what-is-used-is-bound", "the translation is written into another frame",
     [](Recording& r) { set(nth(r, Kind::translation_installed), "table", 13); }},
    {"what-is-used-is-bound", "the capability names another frame",
     [](Recording& r) {
         set(nth(r, Kind::translation_installed), "frame_capability",
             value_of(nth(r, Kind::frame_bound, 3), "capability"));
     }},
    {"what-is-used-is-bound", "a request has no extent",
     [](Recording& r) { set(nth(r, Kind::io_submitted), "extent", 0); }},
    {"what-is-used-is-bound", "a frame stands for the extent",
     [](Recording& r) {
         set(nth(r, Kind::io_submitted), "extent",
             value_of(nth(r, Kind::frame_bound, 3), "capability"));
     }},
    {"system-call-accounts-for-its-effects", "an installation is said to have failed",
     [](Recording& r) { set(nth(r, Kind::system_call, 7), "error", 1); }},
    {"system-call-accounts-for-its-effects", "the doorbell is said to have been another call",
     [](Recording& r) { set(nth(r, Kind::system_call, 5), "call", 2); }},
    {"system-call-accounts-for-its-effects", "the doorbell took more than was started",
     [](Recording& r) { set(nth(r, Kind::system_call, 5), "value", 2); }},
    {"system-call-accounts-for-its-effects", "an installation names another table",
     [](Recording& r) { nth(r, Kind::system_call, 7).payload[4] += 64; }},
    {"completion-follows-its-interrupt", "the disk did not interrupt",
     [](Recording& r) { erase(r, index_of(r, Kind::interrupt)); }},
    {"completion-follows-its-interrupt", "the timer interrupts instead",
     [](Recording& r) { set(nth(r, Kind::interrupt), "vector", 0x40); }},
    {"completion-follows-its-interrupt", "a completion is announced that there is not",
     [](Recording& r) {
         const Event upcall = nth(r, Kind::upcall, 1);
         insert(r, index_of(r, Kind::io_submitted), false, Kind::upcall,
                {2, upcall.payload[1], 0, 512, 256, upcall.payload[5], 1, 0});
     }},
    {"access-within-binding", "less is permitted than was asked for",
     [](Recording& r) { set(nth(r, Kind::translation_installed), "access", 6); }},
    {"fault-begins-with-detect", "the fault came with interrupts off",
     [](Recording& r) { set(nth(r, Kind::page_fault), "interrupts_on", 0); }},
    {"fault-begins-with-detect", "the fault goes through another PE page",
     [](Recording& r) { set(nth(r, Kind::page_fault, 2), "pe", 13); }},
    {"fault-begins-with-detect", "the hardware's fault is missing",
     [](Recording& r) { erase(r, index_of(r, Kind::page_fault, 4)); }},
    {"fault-begins-with-detect", "the libOS handles another page",
     [](Recording& r) { set(nth(r, Kind::fault_seen, 4), "page", page + 9); }},
    {"fault-begins-with-detect", "the vector is not 14",
     [](Recording& r) { set(nth(r, Kind::page_fault), "vector", 13); }},
    {"fault-begins-with-detect", "the fault was raised in the kernel",
     [](Recording& r) { set(nth(r, Kind::page_fault), "error", 0); }},
    {"fault-begins-with-detect", "the error code contradicts the translation",
     [](Recording& r) { set(nth(r, Kind::page_fault), "translation", 7); }},
    {"upcall-follows-its-fault", "the upcall is missing",
     [](Recording& r) { erase(r, index_of(r, Kind::upcall)); }},
    {"upcall-follows-its-fault", "a system call comes before the upcall",
     [](Recording& r) {
         insert(r, index_of(r, Kind::upcall), false, Kind::system_call, {0, 0, 0, 0, 0});
     }},
    {"upcall-follows-its-fault", "the upcall uses another save area",
     [](Recording& r) { set(nth(r, Kind::upcall), "save_area", 1); }},
    {"upcall-follows-its-fault", "a fault is told of twice",
     [](Recording& r) {
         insert(r, index_of(r, Kind::handler_entered), false, Kind::upcall,
                {0, 0x401000, 0, 512, 256, 0x115000, 1, 0});
     }},
    {"upcall-enters-the-registered-entry", "a later fault enters elsewhere",
     [](Recording& r) { set(nth(r, Kind::upcall, 2), "address", 0x401004); }},
    {"upcall-enters-the-registered-entry", "the entry lies in the kernel",
     [](Recording& r) { set(nth(r, Kind::upcall), "address", 0xffff'8000'0000'0000); }},
    {"upcall-enters-the-registered-entry", "there is no such entry",
     [](Recording& r) { set(nth(r, Kind::upcall, 1), "entry", 99); }},
    {"upcall-writes-only-its-save-area", "the frame lies beside the save area",
     [](Recording& r) { set(nth(r, Kind::upcall), "frame_address", 128); }},
    {"upcall-writes-only-its-save-area", "the frame is too long",
     [](Recording& r) { set(nth(r, Kind::upcall), "frame_bytes", 264); }},
    {"upcall-writes-only-its-save-area", "a third level is entered",
     [](Recording& r) { set(nth(r, Kind::upcall), "depth", 3); }},
    {"handler-claims-match-kernel-facts", "the handler names another entry",
     [](Recording& r) { set(nth(r, Kind::handler_entered), "entry", 1); }},
    {"handler-claims-match-kernel-facts", "the handler of a fault runs without an upcall",
     [](Recording& r) {
         insert(r, r.events.size(), true, Kind::handler_entered, {0, 0x401000, 1, 0, 9});
     }},
    {"handler-claims-match-kernel-facts", "the handler of completions is not the entry point",
     [](Recording& r) { set(nth(r, Kind::handler_entered, 1), "address", 0x401084); }},
    {"handler-claims-match-kernel-facts", "the libOS names another block",
     [](Recording& r) { set(nth(r, Kind::read_submitted), "block", 99); }},
    {"handler-claims-match-kernel-facts", "the libOS sees another result",
     [](Recording& r) { set(nth(r, Kind::completion_seen), "error", 11); }},
    {"handler-claims-match-kernel-facts", "the libOS says it mapped another frame",
     [](Recording& r) { set(nth(r, Kind::mapped), "frame", 12); }},
    {"victim-only-when-no-frame-is-free", "the libOS says that a frame is free",
     [](Recording& r) { set(nth(r, Kind::victim_chosen), "free_frames", 1); }},
    {"victim-only-when-no-frame-is-free", "a frame was free when one was taken last",
     [](Recording& r) { set(nth(r, Kind::frame_taken, 2), "free_frames", 1); }},
    {"victim-is-resident", "the victim is not mapped",
     [](Recording& r) { set(nth(r, Kind::victim_chosen), "victim_page", page + 9); }},
    {"victim-is-resident", "the victim lies in another frame",
     [](Recording& r) { set(nth(r, Kind::victim_chosen), "victim_frame", 12); }},
    {"removal-flushes-before-reuse", "the TLB is not flushed",
     [](Recording& r) { set(nth(r, Kind::translation_removed), "flushed", 0); }},
    {"removal-flushes-before-reuse", "another processor that runs the libOS is not made to flush",
     [](Recording& r) {
         // As if the first libOS ran there as well.
         insert(r, 0, false, Kind::page_table_bound, {3, 4, 0, 3, 0});
         const std::size_t at = index_of(r, Kind::environment_switched) + 1;
         insert(r, at, false, Kind::environment_switched, {0, 1});
         r.events[0].environment = r.events[at].environment = 0;
         r.events[at].processor = 1;
     }},
    {"removal-flushes-before-reuse", "the flush comes after the read was started",
     [](Recording& r) {
         set(nth(r, Kind::translation_removed), "flushed", 0);
         insert(r, index_of(r, Kind::io_submitted, 3) + 1, false, Kind::tlb_flushed, {page + 1, 1});
     }},
    {"dirty-victim-written-before-reuse", "a dirty victim is not written",
     [](Recording& r) {
         set(nth(r, Kind::translation_removed, 0), "bits", 0x60);
         nth(r, Kind::translation_removed, 0).payload[2] |= 0x40;
     }},
    {"dirty-victim-written-before-reuse", "the read starts before the write is complete",
     [](Recording& r) {
         move_event(r, index_of(r, Kind::io_submitted, 5), index_of(r, Kind::io_completed, 4));
     }},
    {"dirty-victim-written-before-reuse", "the write failed",
     [](Recording& r) { set(nth(r, Kind::io_completed, 4), "error", 11); }},
    {"clean-victim-not-written", "a clean victim is written",
     [](Recording& r) {
         set(nth(r, Kind::translation_removed, 1), "bits", 0x20);
         nth(r, Kind::translation_removed, 1).payload[2] &= ~0x40ull;
     }},
    {"read-into-bound-idle-frame", "the frame was given back",
     [](Recording& r) {
         insert(r, index_of(r, Kind::io_submitted), false, Kind::frame_released, {10, 0});
     }},
    {"read-into-bound-idle-frame", "the frame is still mapped",
     [](Recording& r) { erase(r, index_of(r, Kind::translation_removed)); }},
    {"read-into-bound-idle-frame", "the frame is being read into already",
     [](Recording& r) { set(nth(r, Kind::io_submitted, 2), "frame", 11); }},
    {"dma-frame-matches-request", "the kernel uses another frame than was asked for",
     [](Recording& r) { set(nth(r, Kind::io_submitted), "frame", 13); }},
    {"dma-frame-matches-request", "the completion is for another frame",
     [](Recording& r) { set(nth(r, Kind::io_completed), "frame", 13); }},
    {"read-waits-for-earlier-write-of-its-block", "the block is still being written",
     [](Recording& r) {
         const std::size_t after = index_of(r, Kind::io_submitted, 4) + 1;
         insert(
             r, after, false, Kind::io_submitted,
             {50, 0, value_of(nth(r, Kind::io_submitted, 4), "block"), 13, 400, 0, 7, 2, 0, 0, 0});
     }},
    {"completion-matches-a-request", "nothing of that number is in flight",
     [](Recording& r) { set(nth(r, Kind::io_completed), "request", 99); }},
    {"completion-matches-a-request", "the cookie is another request's",
     [](Recording& r) { set(nth(r, Kind::io_completed), "cookie", 99); }},
    {"completion-matches-a-request", "the libOS takes a completion twice",
     [](Recording& r) {
         const Event seen = nth(r, Kind::completion_seen);
         insert(r, index_of(r, Kind::completion_seen) + 1, true, Kind::completion_seen,
                {seen.payload[0], seen.payload[1], 0, seen.payload[3], seen.payload[4]});
     }},
    {"completion-matches-a-request", "a request number is used twice at a time",
     [](Recording& r) { set(nth(r, Kind::io_submitted, 2), "request", 2); }},
    {"completion-goes-to-its-owner", "the kernel gives it to another environment",
     [](Recording& r) { set(nth(r, Kind::io_completed), "owner", 2); }},
    {"completion-goes-to-its-owner", "another environment takes it",
     [](Recording& r) { nth(r, Kind::completion_seen).environment = 2; }},
    {"completion-not-before-due", "it completes early",
     [](Recording& r) {
         set(nth(r, Kind::io_submitted), "due", nth(r, Kind::io_completed).time + 1);
     }},
    {"claims-belong-to-an-open-fault", "a victim is chosen for a fault that there is not",
     [](Recording& r) { set(nth(r, Kind::victim_chosen), "sequence", 99); }},
    {"claims-belong-to-an-open-fault", "another fault's page is read",
     [](Recording& r) { set(nth(r, Kind::read_submitted, 2), "sequence", 2); }},
    {"claims-belong-to-an-open-fault", "a fault that is over goes on",
     [](Recording& r) {
         insert(r, index_of(r, Kind::thread_resumed) + 1, true, Kind::frame_taken,
                {1, 13, 0, page, 0});
     }},
    {"removal-returns-the-bits", "the dirty bit is lost",
     [](Recording& r) { set(nth(r, Kind::translation_removed, 1), "bits", 0x20); }},
    {"removal-returns-the-bits", "another frame's translation is removed",
     [](Recording& r) { nth(r, Kind::translation_removed).payload[2] ^= 0x1000; }},
    {"frame-was-free-or-a-victims", "nobody said where the frame comes from",
     [](Recording& r) { erase(r, index_of(r, Kind::frame_taken)); }},
    {"frame-was-free-or-a-victims", "a page is removed without having been chosen",
     [](Recording& r) { erase(r, index_of(r, Kind::victim_chosen)); }},
    {"install-after-read-completed", "the page is neither read nor zeroed",
     [](Recording& r) { erase(r, index_of(r, Kind::zero_filled)); }},
    {"install-after-read-completed", "the libOS has not taken the completion",
     [](Recording& r) { erase(r, index_of(r, Kind::completion_seen)); }},
    {"resume-after-install", "nothing was installed",
     [](Recording& r) { erase(r, index_of(r, Kind::translation_installed)); }},
    {"fault-ends-with-resume", "the thread runs without having resumed",
     [](Recording& r) { erase(r, index_of(r, Kind::thread_resumed)); }},
    {"resume-at-the-faulting-instruction", "the thread resumes for another page",
     [](Recording& r) { nth(r, Kind::thread_resumed).payload[4] += 1; }},
    {"upcall-writes-only-its-save-area", "a later upcall gets another stack",
     [](Recording& r) { nth(r, Kind::upcall, 3).payload[5] -= 8; }},
    {"fault-begins-with-detect", "another environment's fault is delivered",
     [](Recording& r) { set(nth(r, Kind::page_fault), "environment", 2); }},
    {"handler-claims-match-kernel-facts", "the completion is said to be for another page",
     [](Recording& r) { nth(r, Kind::completion_seen).payload[4] += 1; }},
    {"handler-claims-match-kernel-facts", "the libOS does not say that it maps the page",
     [](Recording& r) { erase(r, index_of(r, Kind::mapped)); }},
    {"handler-claims-match-kernel-facts", "the libOS does not say that it writes the victim back",
     [](Recording& r) { erase(r, index_of(r, Kind::write_back_submitted)); }},
    {"handler-claims-match-kernel-facts", "the libOS calls a clean victim dirty",
     [](Recording& r) { set(nth(r, Kind::victim_chosen), "dirty", 1); }},
    {"access-within-binding", "the binding forbids writing",
     [](Recording& r) {
         Event& event = nth(r, Kind::translation_installed);
         set(event, "after", value_of(event, "after") & ~abi::translation::may_write);
     }},
    {"access-within-binding", "the binding forbids execution",
     [](Recording& r) {
         Event& event = nth(r, Kind::translation_installed);
         set(event, "after", value_of(event, "after") & ~abi::translation::no_execute);
     }},
    {"access-within-binding", "more is permitted than was asked for",
     [](Recording& r) { set(nth(r, Kind::translation_installed), "access", 0); }},
    {"access-within-binding", "the entry leads to another frame",
     [](Recording& r) {
         Event& event = nth(r, Kind::translation_installed);
         set(event, "after", value_of(event, "after") ^ 0x1000);
     }},
    {"access-within-binding", "an entry is overwritten",
     [](Recording& r) { set(nth(r, Kind::translation_installed), "before", 7); }},
    {"install-after-read-completed", "the page is mapped while it is read",
     [](Recording& r) {
         move_event(r, index_of(r, Kind::translation_installed), index_of(r, Kind::interrupt));
     }},
    {"install-after-read-completed", "the read failed",
     [](Recording& r) {
         set(nth(r, Kind::io_completed), "error", 11);
         set(nth(r, Kind::completion_seen), "error", 11);
     }},
    {"install-after-read-completed", "another frame is mapped than was read into",
     [](Recording& r) { set(nth(r, Kind::translation_installed), "frame", 13); }},
    {"join-needs-a-fault-in-flight", "nobody else waits for the page",
     [](Recording& r) {
         const std::size_t seen = index_of(r, Kind::fault_seen, 0);
         insert(r, seen + 1, true, Kind::fault_joined, {page, 1});
     }},
    {"join-needs-a-fault-in-flight", "a thread joins that did not fault",
     [](Recording& r) { set(nth(r, Kind::fault_joined), "thread", 9); }},
    {"handler-claims-match-kernel-facts", "another page than the victim is written back",
     [](Recording& r) { set(nth(r, Kind::write_back_submitted), "page", page + 4); }},
    {"handler-claims-match-kernel-facts", "a page is flushed from where it is not",
     [](Recording& r) { set(nth(r, Kind::write_back_submitted, 1), "page", page + 5); }},
    {"resume-at-the-faulting-instruction", "the thread resumes one instruction later",
     [](Recording& r) { nth(r, Kind::thread_resumed).payload[2] += 4; }},
    {"resume-at-the-faulting-instruction", "the stack pointer has changed",
     [](Recording& r) { nth(r, Kind::thread_resumed).payload[3] -= 8; }},
    {"resume-at-the-faulting-instruction", "the flags have changed",
     [](Recording& r) { set(nth(r, Kind::thread_resumed), "rflags", 0x246); }},
    {"no-system-call-between-install-and-resume", "the libOS yields before it resumes",
     [](Recording& r) {
         insert(r, index_of(r, Kind::thread_resumed), false, Kind::system_call,
                {static_cast<std::uint64_t>(abi::Call::yield), 0, 0, 0, 0});
     }},
    {"exception-begins-with-detect", "it has an error code that the hardware does not give",
     [](Recording& r) {
         set(nth(r, Kind::exception, 1), "error", 1);
         set(nth(r, Kind::exception_seen, 1), "error", 1);
     }},
    {"exception-begins-with-detect", "a page fault comes as an exception",
     [](Recording& r) { set(nth(r, Kind::exception), "vector", 14); }},
    {"exception-begins-with-detect", "another environment's exception is delivered",
     [](Recording& r) { set(nth(r, Kind::exception), "environment", 2); }},
    {"exception-begins-with-detect", "it goes through another PE page",
     [](Recording& r) { set(nth(r, Kind::exception), "pe", 13); }},
    {"exception-begins-with-detect", "it came with interrupts off",
     [](Recording& r) { set(nth(r, Kind::exception), "interrupts_on", 0); }},
    {"exception-has-one-upcall", "the hardware raised none",
     [](Recording& r) { erase(r, index_of(r, Kind::exception)); }},
    {"exception-has-one-upcall", "it is told of twice",
     [](Recording& r) {
         insert(r, upcall_of(r, 0) + 1, false, Kind::upcall,
                {1, 0x401040, 0, 512, 256, 0x115000, 1, 0});
     }},
    {"exception-has-one-upcall", "it is never told of",
     [](Recording& r) { erase(r, upcall_of(r, 1)); }},
    {"exception-has-one-upcall", "it is told of through the entry of page faults",
     [](Recording& r) {
         Event& upcall = r.events[upcall_of(r, 0)];
         set(upcall, "entry", 0);
         set(upcall, "address", 0x401000);
     }},
    {"exception-has-one-upcall", "it is told of on the other save area",
     [](Recording& r) {
         Event& upcall = r.events[upcall_of(r, 0)];
         set(upcall, "save_area", 1);
         set(upcall, "frame_address", 768);
         set(upcall, "depth", 2);
     }},
    {"upcall-enters-the-registered-entry", "a later exception enters elsewhere",
     [](Recording& r) { set(r.events[upcall_of(r, 1)], "address", 0x401044); }},
    {"exception-is-seen-as-it-was", "the libOS finds another rip",
     [](Recording& r) { set(nth(r, Kind::exception_seen), "rip", 0x402024); }},
    {"exception-is-seen-as-it-was", "the libOS finds other flags",
     [](Recording& r) { set(nth(r, Kind::exception_seen), "rflags", 0x246); }},
    {"exception-is-seen-as-it-was", "the libOS finds another error code",
     [](Recording& r) { set(nth(r, Kind::exception_seen), "error", 0); }},
    {"exception-is-seen-as-it-was", "the libOS sees one more",
     [](Recording& r) {
         insert(r, index_of(r, Kind::exception_resumed) + 1, true, Kind::exception_seen,
                {3, 6, 0, 0x402020, 0x502000, 0x202, 2, 0});
     }},
    {"exception-resumes-as-claimed", "a fault is said to be tried again, but is skipped",
     [](Recording& r) { set(nth(r, Kind::exception_resumed), "edited", 0); }},
    {"exception-resumes-as-claimed", "a breakpoint goes on one instruction later, unsaid",
     [](Recording& r) { nth(r, Kind::exception_resumed, 1).payload[3] += 1; }},
    {"exception-resumes-as-claimed", "the stack pointer is another, unsaid",
     [](Recording& r) { nth(r, Kind::exception_resumed).payload[4] -= 8; }},
    {"exception-resumes-as-claimed", "another thread goes on",
     [](Recording& r) { set(nth(r, Kind::exception_resumed), "thread", 1); }},
    {"exception-resumes-as-claimed", "it goes on in the kernel",
     [](Recording& r) {
         set(nth(r, Kind::exception_resumed), "rip", 0xffff'8000'0000'0000);
     }},
    {"exception-resumes-as-claimed", "it goes on single-stepped",
     [](Recording& r) {
         set(nth(r, Kind::exception_resumed), "rflags", 0x302);
         set(nth(r, Kind::exception_resumed), "edited", 5);
     }},
    {"exception-resumes-as-claimed", "the thread never went on",
     [](Recording& r) { erase(r, index_of(r, Kind::exception_resumed)); }},
    {"exception-resumes-as-claimed", "one goes on that there is not",
     [](Recording& r) { set(nth(r, Kind::exception_resumed), "sequence", 9); }},
    {"timer-interrupt-has-no-upcall", "the libOS is entered for it",
     [](Recording& r) {
         insert(r, index_of(r, Kind::resumed_by_iret), false, Kind::upcall,
                {13, 0x4010c0, 0, 512, 256, 0x115000, 1, 0});
     }},
    {"timer-interrupt-has-no-upcall", "it is called a completion",
     [](Recording& r) {
         insert(r, index_of(r, Kind::resumed_by_iret), false, Kind::upcall,
                {2, 0x401080, 0, 512, 256, 0x115000, 1, 0});
     }},
    {"interrupted-program-goes-on-where-it-was", "it goes on elsewhere",
     [](Recording& r) { nth(r, Kind::resumed_by_iret).payload[0] += 1; }},
    {"interrupted-program-goes-on-where-it-was", "its flags have changed",
     [](Recording& r) { set(nth(r, Kind::resumed_by_iret), "rflags", 0x202); }},
    {"interrupted-program-goes-on-where-it-was", "its stack has moved",
     [](Recording& r) { nth(r, Kind::resumed_by_iret).payload[2] -= 8; }},
    {"interrupted-program-goes-on-where-it-was", "it does not go on",
     [](Recording& r) { erase(r, index_of(r, Kind::resumed_by_iret)); }},
    {"interrupted-program-goes-on-where-it-was", "there was no interrupt",
     [](Recording& r) { erase(r, index_of(r, Kind::interrupt, 6)); }},
    {"interrupted-program-goes-on-where-it-was", "the program was interrupted in the kernel",
     [](Recording& r) { set(nth(r, Kind::interrupt), "ring", 3); }},
    {"handler-runs-for-its-upcall", "an exception is seen before its handler runs",
     [](Recording& r) { erase(r, upcall_of(r, 0) + 1); }},
    {"threads-run-as-switched", "an exception is said to be another thread's",
     [](Recording& r) { set(nth(r, Kind::exception_seen), "thread", 1); }},
    {"upcall-enters-the-registered-entry", "the entry was never set",
     [](Recording& r) {
         erase(r, index_of(r, Kind::entry_set));
         erase(r, index_of(r, Kind::system_call));
     }},
    {"system-call-accounts-for-its-effects", "set_entry sets nothing",
     [](Recording& r) { erase(r, index_of(r, Kind::entry_set)); }},
    {"requests-are-counted", "one more is said to be in flight",
     [](Recording& r) { nth(r, Kind::io_submitted, 2).payload[7] += 1; }},
    {"requests-are-counted", "a request of the ring is passed over",
     [](Recording& r) { nth(r, Kind::io_submitted, 2).payload[8] += 1; }},
    {"every-request-has-the-same-service-time", "one is due later than others",
     [](Recording& r) { nth(r, Kind::io_submitted, 3).payload[5] += 1; }},
    {"shootdown-is-answered-before-it-is-over", "a TLB is flushed for nobody",
     [](Recording& r) {
         insert(r, index_of(r, Kind::system_call, 5), false, Kind::shootdown_answered, {1, 0});
     }},
    {"shootdown-is-answered-before-it-is-over", "the one that is asked does not run whose it is",
     [](Recording& r) {
         insert(r, index_of(r, Kind::system_call, 5), false, Kind::shootdown_sent, {1, 2});
     }},
    {"only-the-running-environment-acts", "a call of an environment that has no processor",
     [](Recording& r) { nth(r, Kind::system_call, 5).environment = 2; }},
    {"only-the-running-environment-acts", "the processor passes on from somebody else",
     [](Recording& r) { set(nth(r, Kind::environment_switched), "from", 3); }},
    {"what-is-used-is-bound", "a translation is removed in a table of other pages",
     [](Recording& r) { nth(r, Kind::translation_removed).payload[0] += 512; }},
    {"no-fault-again-after-resume", "the resumed access faults again",
     [](Recording& r) {
         const Event fault = nth(r, Kind::page_fault);
         const std::size_t at = index_of(r, Kind::thread_resumed) + 1;
         insert(r, at, false, Kind::page_fault,
                {fault.payload[0], fault.payload[1], fault.payload[2], fault.payload[3],
                 fault.payload[4], 0, 1, 14, 0, 1, 5});
         insert(r, at + 1, false, Kind::upcall, {0, 0x401000, 0, 512, 256, 0x115000, 1, 0});
     }},
};

} // namespace

std::span<const Broken> broken_stories() {
    static const std::vector<Broken> all = [] {
        std::vector<Broken> every(std::begin(stories), std::end(stories));
        for (const auto& others :
             {broken_registrations(), broken_policies(), broken_slices(), broken_threads()})
            every.insert(every.end(), others.begin(), others.end());
        return every;
    }();
    return all;
}

} // namespace story
