// bindings/abi/system_call.hpp - the system calls: numbers, arguments, results.
//
// `syscall` with the number in rax and arguments in rdi, rsi, rdx, r8, r9. On return rax holds 0
// or an Error, rdx the value; rbx, rbp, rsp and r12 to r15 are kept, rcx and r11 are lost, the
// other general registers are unspecified. FPU state is untouched.
//
// Arguments that a call does not have must be 0 (invalid_argument), so that it may get more of
// them; the hot calls do not look.
//
// Capabilities, as arguments and results, are of the caller's own table unless said otherwise.
// "Request area" is the 16 KiB that the PE names; offsets into it are in bytes, multiples of 8.
//
// Every call may return invalid_argument (an argument too many, an offset that is no multiple of 8,
// no request area where it takes an offset), and for each capability it takes: no_binding (empty
// slot, other kind), revoked (old generation), access_denied (right missing). Further errors stand
// with the call. No call faults. Those marked "blocks" give the processor away; any other may lose
// it to an interrupt on its way out, when a limit or a deadline of the caller's has passed. A call
// that is not hot delivers an upcall that is pending, if upcalls are enabled, before it returns.
//
// Calls marked "steps" work in bounded steps between which interrupts are taken, and go on by
// themselves; with upcalls enabled an upcall may come in between, so what such a call reads or
// writes in the request area must be left alone by handlers. What remains to be done then lies in
// the registers that the upcall saves: the arguments, and in the upper half of rax how far the call
// is. A call begins with 0 there; a caller that writes something else gains no right by it, and may
// get a wrong count.
//
// Costs are instructions of the kernel that does not record, as `exo bench` counts them or, where
// it does not, the time stamp counter did: for orientation, not a promise. A call that is not hot
// costs 140 for getting in and out. Each call is recorded (event system_call), and what it does as
// well; clearing a frame costs 540.

#pragma once

#include <cstdint>

#include "bindings/abi/capability.hpp"

namespace abi {

enum class Call : std::uint32_t {
    // -- Hot calls: no frame, no upcall; on a table that is shared, as the others. --------------

    /// Does nothing. Cost: 16.
    null = 0,

    /// (table, page, frame, access): writes one translation into leaf table `table` at index
    /// `page` mod 512. Authority: table write (leaf tables have it); frame read, and write/execute
    /// as `access` asks. Errors: access_denied (access beyond the binding), occupied (there is a
    /// translation). Cost: 50. Event: translation_installed. Step 7 of a fault.
    install = 1,

    /// (table, page) -> accessed|dirty bits: removes one translation; it is out of the TLB when
    /// the call returns. Authority: table write. Errors: not_present. Cost: 50 and one page out of
    /// the TLB. Event: translation_removed. Step 4 of a fault.
    remove = 2,

    /// (table, page, count, access) -> number changed: sets the access of `count` consecutive
    /// translations from index `page` mod 512; missing ones are skipped. Authority: table write;
    /// each binding's write/execute right, as noted in the translation. Errors: out_of_range (count
    /// 0, or beyond the table), access_denied (one of them forbids it: nothing was changed). Cost:
    /// 14 a translation, 22 where access is asked for, and each page out of the TLB. Event:
    /// translation_changed.
    change = 3,

    // -- Translations and memory ---------------------------------------------------------------

    /// (first, count) -> number that failed: performs TranslationRequests first..first+count of
    /// the request area in order; each stands for itself and gets its own `error`. At most 512.
    /// Authority and errors of each: as install, remove and change; out_of_range (its index),
    /// invalid_argument (its operation). Errors: out_of_range. Cost: 100 an item. Hot where `first`
    /// and `count` are 64 at most and each item clears the accessed bit of one page (31) or removes
    /// one (40); a hot call delivers no upcall that is pending. Steps. Events: as for each,
    /// bits_cleared.
    perform_translations = 4,

    /// (memory, first, count, offset): binds `count` free frames, zeroed, and writes their
    /// capabilities (8 bytes each) into the request area from `offset`. `first` is the first
    /// physical frame number wanted (frames first..first+count), or any_frame: those released last
    /// come first then. Authority: memory control. Errors: out_of_range (more than 512, beyond the
    /// request area or the RAM), no_memory, limit_reached (memory binding, slots, depth), occupied
    /// (a named frame is bound), revoked (the binding is being taken back). -> on failure: frames
    /// not yet bound. All named frames are looked at before the first is bound; fewer than `count`
    /// are missing only where one of them, or the authority, has gone since. Cost: 690 a frame.
    /// Steps (up to 24 frames each). Event: frame_bound.
    bind_frames = 5,

    /// (root, frame, links, address, level) -> page table: donates `frame` as the table of `level`
    /// (1 leaf ... 3; 4: a further root, `root` and `links` 0) that covers `address` under `root`.
    /// A leaf needs a second frame for the reverse links of its translations. Both capabilities
    /// are replaced (old ones give `revoked`). Authority: root control; frames read+write, neither
    /// derived nor derived from, unmapped and unpinned. Errors: invalid_argument (level, address,
    /// a root that is none, links that are missing or too many), busy (the frames are not so),
    /// occupied (there is a table), not_present (the table above is missing), revoked (it is being
    /// taken back). Clears both frames. Cost: 870, a leaf 1,500. Event: page_table_bound.
    bind_page_table = 6,

    /// (what, index) -> frame: a binding of the index-th frame of a View, read-only but for the
    /// recording ring. Authority: for the archive, the first environment's; for the ring, that it
    /// has its binding; otherwise none. Errors: invalid_argument (no such view), out_of_range,
    /// access_denied, no_binding (the ring was given back), limit_reached (slots). Cost: 240.
    bind_view = 7,

    // -- Capabilities --------------------------------------------------------------------------

    /// (capability, rights, first, count) -> child: makes a child binding in the caller's table
    /// with `rights` (a subset). Ranges: disk extent and processor time take the sub-range
    /// [first, first+count); memory takes the limit `count`; others need 0, 0. Authority: grant.
    /// Errors: invalid_argument (rights that there are not, a range of what has none),
    /// access_denied (more rights), out_of_range, busy (a donated frame), limit_reached (slots,
    /// depth), revoked (it is being taken back). Cost: 330. Event: binding_made.
    derive = 8,

    /// () -> slot offset: takes a free slot of the caller's table and opens it for one grant;
    /// `drop` with that offset closes it. Errors: limit_reached. Cost: 170.
    open_slot = 9,

    /// (capability, environment, slot, rights) -> the capability in the receiver's table: makes a
    /// child binding in a slot that the receiver has opened; in a child not yet started, held with
    /// control, `slot` may be 0 (the kernel takes a free one). Authority: grant on the capability;
    /// any right on the environment. Errors: occupied (slot not open, or 0 in one that is started),
    /// out_of_range (beyond its table), limit_reached (its slots; depth), busy (a donated frame),
    /// revoked (the capability is being taken back), ended, access_denied, invalid_argument (rights
    /// that there are not). Cost: 360. Event: binding_made.
    grant = 10,

    /// (capability, or an offset from open_slot): gives the binding back, with everything derived
    /// from it. A frame without other bindings becomes free; a page table is removed with its
    /// translations; an environment capability only goes, the environment stays. Errors: busy (a
    /// frame that serves as PE page, request area, ring or vector; tables below it; a root in use;
    /// kernel objects and links of a table, always). Waits for DMA. Cost: 360 for a derived
    /// binding, 410 for a frame, and 60 for each translation. Blocks. Steps. Events:
    /// binding_broken, frame_released, and those of what goes with it.
    drop = 11,

    /// (capability): takes back everything derived from the binding, at once and by force, in
    /// every environment; the binding itself stays. Translations are gone and DMA has ended when
    /// it returns. Other environments that lose bindings find them in their repossession vectors,
    /// unsaved. Authority: revoke. Cost: 210, and as `drop` for each. Blocks. Steps. Events:
    /// binding_broken, repossessed, and those of what goes with it.
    revoke = 12,

    // -- Environments --------------------------------------------------------------------------

    /// (offset) -> environment: creates an environment from frames donated in a CreateEnvironment
    /// in the request area; that structure receives its root table. Authority: frames as for
    /// bind_page_table. Errors: busy, out_of_range (offset; table_frames not a power of two up to
    /// 16), invalid_argument (table frames not contiguous, a frame twice), limit_reached (slots).
    /// Clears all frames in one step. Cost: 1,200, and 540 for each. Event: environment_created.
    create_environment = 13,

    /// (environment, entry, stack, argument, processor_time): makes it runnable at `entry` with rsp
    /// = `stack` and rdi = `argument`, in the slices that it was given by `bind_slice`, or, if
    /// there
    /// are none, in the next free position of `processor_time`, without an end. It has that slice
    /// as
    /// long as that binding lasts, and runs on the processor whose position it is (64 each):
    /// without
    /// any the environment stops where it is, and what it is asked to give back is taken by force,
    /// until it is given another. Authority: environment control; processor time
    /// control. Errors: invalid_argument (not user addresses), occupied (started), not_present (no
    /// PE page), limit_reached (no free position), ended. Event: environment_started.
    start_environment = 14,

    /// (environment, status): ends it as if it had called `end`, and every environment it created.
    /// Its bindings go back; waits for its DMA. Authority: control. Errors: ended. Cost: 4,000 for
    /// one that holds nothing, 17,000 for one with a PE, stacks and a small program. Blocks. Steps.
    /// Events: environment_ended, and those of what goes with it.
    destroy_environment = 15,

    /// (status): ends the caller. Does not return. If it is the first environment the run ends.
    /// Blocks. Event: environment_ended.
    end = 16,

    /// (environment or 0 = caller, offset): registers a ProcessorEnvironmentSetup from the
    /// request area. Authority: control; frames as for bind_io_ring. Errors: invalid_argument
    /// (stacks, resume range, a part of a request area, a frame twice), out_of_range (offset), busy
    /// (frames pinned or not exclusively held; already started, or it has such a frame), ended.
    /// Cost: 320, and 540 for each frame. Event: processor_environment_set.
    set_processor_environment = 17,

    /// (environment or 0, Entry, address or 0): sets an entry point. Authority: control. Errors:
    /// out_of_range (slot), invalid_argument (not a user address; no PE page), ended. Cost: 180.
    /// Event: entry_set.
    set_entry = 18,

    /// (table): makes `table` (level 4, owned by the caller) the caller's address space. Authority:
    /// control. Errors: invalid_argument (not a root of the caller's). Cost: 190, and the TLB where
    /// it is another one.
    switch_root = 19,

    // -- Processor -----------------------------------------------------------------------------

    /// (): passes the processor to the next runnable position of the run vector. Cost: 260, 350
    /// with another environment. Blocks. Event: environment_switched.
    yield = 20,

    /// (environment): passes the rest of the slice to it, on whatever processor its own slices are;
    /// what comes next is who follows on the caller's. Authority: any right; control where its
    /// slices
    /// are on another processor, whose turns it misses there. Errors: not_present (not runnable, or
    /// running), access_denied, ended. Cost: 40 more than `yield`. Blocks. Event:
    /// environment_switched.
    yield_to = 21,

    /// (): returns at once if an upcall is pending, else blocks until one is. With upcalls enabled
    /// the upcall is delivered before the call returns. Restartable. Blocks.
    wait = 22,

    /// (): delivers a pending upcall now if upcalls are enabled. The state that is saved is the
    /// one after this call. Errors: not_present (none pending). Cost: 160. Event: upcall.
    deliver_pending = 23,

    /// (environment or 0, ticks): from now on none of the environment's upcalls may be longer than
    /// twice `ticks` of its own time, else it is ended (upcall_too_long); 0: any may. Authority:
    /// control. Errors: out_of_range (ticks below 1,000 or above 2^40), busy (its creator has
    /// limited it: nobody else may change that), ended. Cost: 180.
    set_limit = 24,

    // -- Devices -------------------------------------------------------------------------------

    /// (console, offset, length): writes text. Whole lines appear, prefixed with the environment's
    /// identity when several live; a line is cut at 200 bytes, and what is no text is shown as `?`.
    /// Authority: write. Errors: out_of_range (beyond the request area). Cost: 200, and 45 a byte.
    /// Steps.
    write_console = 25,

    /// (frame): binds `frame` as the caller's IoRing; it is zeroed and pinned until the
    /// environment ends or the frame is taken. Authority: frame read+write, exclusively held.
    /// Errors: busy (shared or pinned), occupied (there is one). Cost: 750.
    bind_io_ring = 26,

    /// () -> requests taken: the doorbell. Takes requests from the ring until it is empty or the
    /// device has no free place; a bad one completes at once with its error. What stays in the ring
    /// is for the next doorbell: the caller's own completions say when, or, where it has none in
    /// flight, an `io_completion` upcall when there is a place. Errors: not_present (no ring),
    /// out_of_range (producer index more than the ring ahead: nothing taken since). Cost: 200; a
    /// read
    /// of a block costs 520 in all until its completion is seen. Steps. Events: io_submitted,
    /// io_refused. Steps
    /// 4b and 5 of a fault.
    submit_io = 27,

    // -- Revocation ----------------------------------------------------------------------------

    /// (capability, environment, binding, count, deadline) -> units given back | units taken << 32:
    /// visible revocation (revocation.hpp). Asks `environment` to give back `count` units of
    /// `binding`, a binding in its table derived from `capability`, named as `grant` returned it.
    /// Units: of a memory binding frames, whose limit is lowered by `count` at once, so that what
    /// was not used counts as given; of any other kind the binding itself, `count` 1. The holder is
    /// told by its `revoke` upcall. Once it has complied the call returns; after `deadline` ticks
    /// of its own processor time, or at once where it was never started or is in `wait` with no
    /// transfer of its own under way, the rest is taken by force. Authority: revoke on the
    /// capability, any right on the environment. Errors: access_denied (not derived from it),
    /// invalid_argument (the caller itself), out_of_range (count 0 or more than there is; deadline
    /// below 1,000 or above 2^40), busy (the environment is being asked already, or the caller is),
    /// ended (it ended meanwhile: all comes back), not_present (another request has taken the place
    /// of this one, which was met), limit_reached (only guaranteed frames are left; the value says
    /// how far it came). Cost: 570 where nothing was in use. Blocks. Steps. Events:
    /// revocation_requested to revocation_ended.
    request_revocation = 28,

    /// (offset, count) -> number that failed: `drop` for `count` capabilities of frames, 8 bytes
    /// each in the request area from `offset`; each word is replaced by 0 or its Error. At most
    /// 512. Errors: out_of_range; for an item besides those of `drop`: busy (shared, or under I/O:
    /// this call does not wait). Cost: 190, and 60 for a frame that is mapped once beside others of
    /// the same memory binding; 300 for any other. Steps. Events: as `drop`.
    drop_frames = 29,

    /// (frame): binds `frame` as the caller's RepossessionVector; it is zeroed and pinned until the
    /// environment ends or the frame is taken. Authority: frame read+write, exclusively held.
    /// Errors: busy (shared or pinned), occupied (there is one). Cost: 750.
    bind_repossession_vector = 30,

    /// (frame or page table): puts it into the caller's guaranteed set, which revocation by count
    /// spares, until it is dropped. A leaf table counts twice, with its links; the tables above it
    /// are spared too. Authority: read; the binding made by bind_frames itself. Errors:
    /// limit_reached (32 frames), busy (a derived binding), occupied (it is in the set). Cost: 210.
    /// Event: guaranteed.
    guarantee = 31,

    // -- Slices --------------------------------------------------------------------------------

    /// (environment or 0 = caller, processor_time, position, ticks): gives the environment the
    /// slice at `position` of the run vectors (64 for each processor), `ticks` long, or changes the
    /// length of one that it has. It has the slice as long as that binding of processor time lasts:
    /// who wants to give single slices back binds each through a binding of its own (`derive`) and
    /// drops that. When the slice begins there is an upcall to `slice_begin`, when it is over one
    /// to `slice_end`, where the environment has such entries. From then on it has slice_grace
    /// ticks until it is stopped where it is; what it uses past the end is excess time, which its
    /// next slices are shorter by (half of each at most). After most_overruns slices of its own in
    /// a row that it had to be stopped in, it loses the slice: it finds that, with the position as
    /// `frame`, in its repossession vector. Without the entry it is stopped at the end, and nothing
    /// is held against it. A change begins with the next turn. Authority: environment control;
    /// processor time control. Errors: out_of_range (position, ticks below least_slice or above
    /// longest_slice), occupied (another one's), busy (its slices are on another processor), ended.
    /// Cost: 210. Events: slice_bound, slice_begun, slice_overrun. (Engler, Kaashoek, O'Toole:
    /// "Exokernel", SOSP 1995, section 5.1.1.)
    bind_slice = 32,
};
inline constexpr std::uint32_t call_count = 33;
inline constexpr std::uint64_t least_slice = 10'000; // ticks
inline constexpr std::uint64_t longest_slice = std::uint64_t{1} << 40;
inline constexpr std::uint64_t slice_grace = 4'000;
inline constexpr std::uint32_t most_overruns = 8;
inline constexpr std::uint32_t hot_call_count = 4; // how they enter the kernel is no contract
inline constexpr std::uint64_t any_frame = ~std::uint64_t{0};
inline constexpr std::uint64_t request_area_bytes = 16384;
inline constexpr std::uint32_t batch_limit = 512;

constexpr const char* name_of(Call call) {
    constexpr const char* names[call_count] = {"null",
                                               "install",
                                               "remove",
                                               "change",
                                               "perform_translations",
                                               "bind_frames",
                                               "bind_page_table",
                                               "bind_view",
                                               "derive",
                                               "open_slot",
                                               "grant",
                                               "drop",
                                               "revoke",
                                               "create_environment",
                                               "start_environment",
                                               "destroy_environment",
                                               "end",
                                               "set_processor_environment",
                                               "set_entry",
                                               "switch_root",
                                               "yield",
                                               "yield_to",
                                               "wait",
                                               "deliver_pending",
                                               "set_limit",
                                               "write_console",
                                               "bind_io_ring",
                                               "submit_io",
                                               "request_revocation",
                                               "drop_frames",
                                               "bind_repossession_vector",
                                               "guarantee",
                                               "bind_slice"};
    const auto index = static_cast<std::uint32_t>(call);
    return index < call_count ? names[index] : "unknown call";
}

// Positions in the run vector of one processor: those of the n-th begin with 64 n.
inline constexpr std::uint64_t positions_per_processor = 64;

// What bind_view can show.
enum class View : std::uint32_t {
    system_page = 0,      // index 0
    capability_table = 1, // index: frame of the caller's own table
    archive = 2,          // index: frame of the archive
    recording_ring = 3,   // index: frame of the caller's own ring; this view is writable
};

// create_environment: the frames are the caller's capabilities and are donated.
struct CreateEnvironment {
    Capability object_frames[2];    // the kernel's object; its FPU state
    Capability root_frame;          // its first page-table root
    Capability root_table;          // out: page table (level 4), in the caller's table
    std::uint64_t recording_frames; // out: length of its recording ring; 0: it has none
    std::uint64_t table_frames;     // 1, 2, 4, 8 or 16: 64 slots each
    Capability table[16];           // physically contiguous, ascending
};
static_assert(sizeof(CreateEnvironment) == 48 + 16 * 8);

// Why an environment ended: `environment_ended` upcalls, reports and recordings carry it.
enum class EndReason : std::uint32_t {
    ended = 0,           // called `end`
    destroyed = 1,       // by a holder of its capability
    no_entry = 2,        // fault or exception without an entry point
    nested_too_deep = 3, // fault or exception on the nested save area
    upcall_too_long = 4, // set_limit
    parent_ended = 5,    // the environment that created it ended
    revoked = 6,         // memory it was made of was revoked
    recording_full = 7,  // the recording region cannot hold the run
};

constexpr const char* name_of(EndReason reason) {
    constexpr const char* names[] = {"ended",           "destroyed",       "no entry point",
                                     "nested too deep", "upcall too long", "parent ended",
                                     "revoked",         "recording full"};
    const auto index = static_cast<std::uint32_t>(reason);
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown reason";
}

} // namespace abi
