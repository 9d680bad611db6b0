// tools/verifier/state.hpp - what a recording has said so far, as the rules look at it.
//
// State::apply replays one event. Rules are asked before that, so they see the state in which the
// event happened. Kernel events alone change what is known about translations, frames and
// requests; claims change only what is known about the claims.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "bindings/abi/exception.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/verifier/placement.hpp"
#include "tools/verifier/registration.hpp"
#include "tools/verifier/revocations.hpp"
#include "tools/verifier/tally.hpp"

namespace verifier {

using recording::Event;

// A page fault as the kernel recorded it.
struct HardwareFault {
    std::uint64_t sequence = 0;
    std::uint64_t page = 0, rip = 0, rsp = 0, rflags = 0;
};

// An exception as the kernel recorded it.
struct HardwareException {
    std::uint64_t sequence = 0;
    std::uint64_t vector = 0, error = 0, rip = 0, rsp = 0, rflags = 0, save_area = 0;
    std::uint64_t thread = 0; // once the libOS has seen it
};

// A program that an interrupt took the processor from.
struct Interrupted {
    std::uint64_t sequence = 0;
    std::uint64_t vector = 0, rip = 0, rsp = 0, rflags = 0;
};

// A fault or exception whose upcall must follow now.
struct Undelivered {
    std::uint64_t sequence = 0;
    std::uint64_t entry = 0, save_area = 0;
};

struct Upcall {
    std::uint64_t entry = 0, address = 0, save_area = 0;
};

// A fault that a libOS works on for a thread: from fault_seen to thread_resumed.
struct ThreadFault {
    HardwareFault hardware;
    std::uint64_t number = 0;      // as the libOS counts
    bool resident = false;         // its page was there already when the libOS looked
    bool installed = false;        // its page's translation was written ...
    bool install_returned = false; // ... and the call that did it is over
    bool others_ran = false;       // since then it did something else, too
    bool abandoned = false;        // the libOS says that it goes on without its page
    std::uint64_t frame = 0;       // that was installed
    std::uint64_t system_call = 0; // a call of this path after the installing one
    std::uint64_t call_number = 0; // which one that was
};

// A read that a libOS says it submitted to fill a page.
struct PageRead {
    std::uint64_t cookie = 0, frame = 0, block = 0;
    bool complete = false;
    bool seen = false; // the libOS took the completion
    std::uint64_t error = 0;
};

// One side of a submission, until the other side appears.
struct Submission {
    std::uint64_t sequence = 0;
    std::uint64_t block = 0, frame = 0;
    // Known to the kernel's side: what else the frame was then.
    bool frame_was_mapped = false, frame_was_busy = false;
};

struct Submissions {
    std::deque<Submission> claims, facts;
};

struct Completion {
    std::uint64_t error = 0;
    std::optional<std::uint64_t> frame; // none: the request was refused
};

// What one system call has done so far.
struct Effect {
    std::optional<std::uint64_t> page, frame;
};

/// Whether a policy is told so of a reference bit, which is cleared then.
constexpr bool is_of_reference_bit(std::uint64_t answer) {
    return answer == static_cast<std::uint64_t>(abi::Told::accessed) ||
           answer == static_cast<std::uint64_t>(abi::Told::harvested);
}

struct Victim {
    std::uint64_t frame = 0;
    bool dirty = false; // as claimed
};

// The kernel builds the first environment before any runs: what is bound then is that one's.
inline constexpr std::uint32_t first_environment = 1;

constexpr std::uint32_t owner_of(const Event& event) {
    return event.environment == 0 ? first_environment : event.environment;
}

struct Environment {
    Registration registered;
    Placement placement; // as claimed
    std::optional<Undelivered> undelivered;
    std::deque<HardwareFault> unclaimed;        // delivered, not yet seen by the libOS
    std::deque<Upcall> upcalls;                 // delivered, not yet seen by the libOS
    std::optional<HardwareException> exception; // the last, not yet seen
    std::unordered_map<std::uint64_t, HardwareException> handled; // by number: seen, not resumed
    std::optional<Interrupted> interrupted;                       // and not yet gone on
    std::unordered_map<std::uint64_t, ThreadFault> threads;
    std::unordered_map<std::uint64_t, std::uint64_t> tables;     // page / 512 -> its leaf table
    std::unordered_map<std::uint64_t, Victim> victims;           // by page: chosen, not yet removed
    std::unordered_map<std::uint64_t, PageRead> reads;           // by page
    std::unordered_map<std::uint64_t, std::uint64_t> read_pages; // cookie -> page
    std::array<std::unordered_map<std::uint64_t, Submissions>, 2> submissions; // operation, cookie
    std::unordered_map<std::uint64_t, std::deque<Completion>> completions;     // by cookie
    std::unordered_map<std::uint64_t, std::uint64_t> mapped; // page -> frame, as claimed
    std::unordered_map<std::uint64_t, std::uint64_t> zeroed; // page -> frame, as claimed
    std::vector<Effect> effects;                             // of the system call under way
    std::optional<std::uint64_t> free_frames;                // as last claimed
    std::optional<std::uint64_t> pool; // frames that its pager began with, as claimed
    std::unordered_map<std::uint64_t, std::uint64_t> numbers;  // frame -> number in the pool
    std::unordered_map<std::uint64_t, std::uint64_t> numbered; // and back
    std::set<std::uint64_t> along; // pages that are read along with others, as claimed
    // Pages whose reference bits its policy was told of: to be cleared before a thread resumes.
    std::unordered_map<std::uint64_t, std::uint64_t> accessed; // -> event
    std::optional<std::uint64_t> running;                      // thread, as claimed; 0: none
    std::unordered_map<std::uint64_t, std::optional<std::uint64_t>> names; // capability -> frame
    std::unordered_map<std::uint64_t, std::uint64_t> rips;     // behind system calls -> which one
    std::unordered_map<std::uint64_t, std::uint64_t> refusals; // error -> the last event with it
    void note_refusal(std::uint64_t error, std::uint64_t sequence) {
        std::uint64_t& last = refusals[error];
        last = last < sequence ? sequence : last;
    }
    Tally tally;
    std::uint64_t in_flight = 0;      // requests, and frames of its that are being saved
    std::uint64_t requests_taken = 0; // from its ring
    std::unordered_map<std::uint64_t, std::uint32_t> children; // capability -> identity
    bool speaks = false;                                       // its libOS has said something
    bool waiting = false;                                      // in `wait`, no upcall yet
    bool completion_raised = false; // since its last io_completion upcall
    bool created = false, started = false, ended = false;
};

struct Mapping {
    std::uint64_t frame = 0;
    std::uint64_t translation = 0; // the page-table entry as it was written
    Binding through = {};          // of the frame
};

// A leaf page table. It serves the environment whose faults were repaired through it.
struct Table {
    std::optional<std::uint32_t> serves;
    std::optional<std::uint64_t> region; // first page / 512, when it was bound as a leaf
    std::optional<std::uint64_t> root;   // of the address space that it is part of
    bool complete = false;               // all its translations are in the recording
    std::unordered_map<std::uint64_t, Mapping> mappings; // by page
};

// What a frame owes to the victim that lay in it.
enum class Debt { none, clean, dirty, writing, written };

struct Frame {
    bool bound = false;                  // the kernel said so
    bool free = false;                   // given back to the kernel
    std::uint64_t capability = 0;        // of its first binding
    std::uint32_t mappings = 0;          // translations that lead to it
    std::uint32_t reads = 0, writes = 0; // requests in flight
    bool obtained = false; // taken from the free ones or from a victim, not yet mapped again
    Debt debt = Debt::none;
    std::uint32_t victim_environment = 0;
    std::uint64_t victim_page = 0;
    bool unflushed = false; // a TLB may still hold a removed translation to it
    std::uint64_t unflushed_page = 0;
    std::vector<std::uint16_t> unflushed_on = {}; // other processors, likewise
    bool put_off = false; // who removed it goes on with the frame before they have flushed
};

struct Request {
    std::uint32_t environment = 0;
    std::uint64_t operation = 0, block = 0, frame = 0, cookie = 0, due = 0, extent = 0;
};

// From the start of a request to the moment it is due. It starts a fixed number of instructions
// before its event; where there are several processors, others' may come in between, but not so
// many as have passed since the event before on the same processor.
struct ServiceTime {
    std::uint64_t least = 0, most = 0;
};

// The slice that a processor is in.
struct Slice {
    std::uint64_t sequence = 0;         // of its beginning
    std::uint64_t begun = 0, ticks = 0; // 0: none is on that has an end
    std::uint32_t environment = 0;      // whose it is
    std::uint64_t position = 0;
    std::uint64_t overruns = 0; // by its owner, since it was given
};

// A request to flush the TLB of another processor, not answered yet.
struct Flush {
    std::uint16_t asker = 0; // processor
    std::uint64_t running = 0;
};

class State {
public:
    State() = default;
    /// Knows the profile of the run.
    explicit State(const recording::Recording& recording)
        : counts_instructions_(recording::fact(recording, "profile") != "fast") {}

    void apply(const Event& event);

    const Environment& environment(std::uint32_t identity) const;
    const Frame& frame(std::uint64_t number) const;
    const Request* request(std::uint64_t number) const;
    const Table& table(std::uint64_t frame) const;
    /// Whether the disk interrupted since the last completion.
    bool disk_interrupted() const { return disk_interrupted_; }
    /// The translation of `page` in the table that serves the environment; nullptr if not known.
    const Mapping* mapping(std::uint32_t environment, std::uint64_t page) const;
    /// The open fault that the libOS counts as `number`; nullptr if there is none.
    const ThreadFault* open_fault(std::uint32_t environment, std::uint64_t number) const;
    /// Whether a thread of the environment waits for this page, which was not there.
    bool is_awaited(std::uint32_t environment, std::uint64_t page) const;
    /// A write of the block that is in flight; nullptr if none.
    const Request* write_in_flight(std::uint64_t block) const;
    /// Whether a request through this capability of an extent is in flight.
    bool uses_extent(std::uint64_t holder, std::uint64_t extent) const;
    const std::unordered_map<std::uint32_t, Environment>& environments() const {
        return environments_;
    }
    /// By the processor that is asked.
    const std::map<std::uint16_t, Flush>& flushes() const { return flushes_; }
    /// The environment that a processor runs; 0: nobody.
    std::uint32_t runs_on(std::uint16_t processor) const;
    const Revocations& revocations() const { return revocations_; }
    /// What slice the processor of `event` is in; null: none that has an end.
    const Slice* slice(const Event& event) const;
    /// As it was given; environment 0: nobody has this position with an end.
    Slice given(std::uint64_t position) const;
    /// Whether the deadline passes of somebody who waits while none of its transfers is under way.
    bool sleeps(const recording::Event& event) const;
    /// Another processor than the first was started.
    bool has_several_processors() const { return several_; }
    /// Times are instructions: equal work takes equal time.
    bool counts_instructions() const { return counts_instructions_; }
    /// What all requests so far leave possible; nothing before the first.
    const std::optional<ServiceTime>& service_time() const { return service_time_; }
    /// The same for the request of `event`.
    ServiceTime service_time_of(const Event& event) const;
    /// Whether a translation of `page` leads to the frame, in whatever table.
    bool is_mapped(std::uint64_t page, std::uint64_t frame) const;
    /// How many translations lead through this binding of a frame.
    std::uint64_t mappings_through(Binding binding) const;
    /// Another environment than `owner` with an unseen completion of this cookie.
    std::optional<std::uint32_t> other_owner(std::uint32_t owner, std::uint64_t cookie) const;

private:
    void replay(const Event& event);
    void apply_fault(const Event& event);
    void apply_exception(const Event& event);
    void apply_exception_claim(const Event& event);
    void apply_interrupt(const Event& event);
    void apply_upcall(const Event& event);
    void apply_system_call(const Event& event);
    void apply_registration(const Event& event);
    void apply_memory(const Event& event);
    void apply_installed(const Event& event);
    void apply_removed(const Event& event);
    void apply_binding(const Event& event);
    void apply_tally(const Event& event);
    void apply_disk(const Event& event);
    void apply_submitted(const Event& event);
    void apply_completed(const Event& event);
    void apply_saving(const Event& event);
    void apply_claim(const Event& event);
    void apply_disk_claim(const Event& event);
    void apply_resumed(const Event& event);
    void apply_processors(const Event& event);
    void apply_slice(const Event& event);
    void others_run(Environment& environment, std::optional<std::uint64_t> thread);

    std::unordered_map<std::uint32_t, Environment> environments_;
    std::unordered_map<std::uint64_t, Frame> frames_;
    std::unordered_map<std::uint64_t, Table> tables_;
    std::unordered_map<std::uint64_t, Request> requests_;
    std::vector<std::uint64_t> unflushed_;                     // frames
    std::unordered_map<std::uint64_t, std::uint32_t> spaces_;  // root -> environment
    std::optional<std::uint64_t> new_root_;                    // that nobody has yet
    std::unordered_map<std::uint16_t, std::uint32_t> running_; // processor -> environment
    std::unordered_map<std::uint16_t, std::vector<std::uint64_t>> shoot_; // frames to forget there
    std::unordered_map<std::uint16_t, Slice> slices_;                     // by processor
    std::unordered_map<std::uint64_t, Slice> given_;                      // by position
    std::map<std::uint16_t, Flush> flushes_;
    std::map<Binding, std::uint64_t> through_; // translations, by the binding of their frame
    Revocations revocations_;
    std::optional<ServiceTime> service_time_;
    std::unordered_map<std::uint16_t, std::uint64_t> last_times_; // of events, by processor
    bool counts_instructions_ = true;
    bool disk_interrupted_ = false;
    bool several_ = false;
};

} // namespace verifier
