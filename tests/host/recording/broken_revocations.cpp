// tests/host/recording/broken_revocations.cpp - the story of a revocation with one small change
// each.

#include "bindings/abi/capability.hpp"
#include "bindings/abi/system_call.hpp"
#include "tests/host/recording/broken_stories.hpp"

namespace story {

namespace {

// The n-th upcall to `entry` of environment 2.
std::size_t upcall_to(const Recording& r, std::uint64_t entry, std::size_t n = 0) {
    for (std::size_t i = 0; i < r.events.size(); ++i)
        if (r.events[i].kind == static_cast<std::uint16_t>(Kind::upcall) &&
            r.events[i].environment == 2 && r.events[i].payload[0] == entry && n-- == 0)
            return i;
    return r.events.size();
}

constexpr std::uint64_t revoke = 5, repossession = 6;

// The receiver has begun to read into `frame`, and nothing says that it is over.
void read_before(Recording& r, std::size_t at, std::uint64_t frame) {
    const std::uint64_t extent = value_of(nth(r, Kind::io_submitted), "extent");
    insert(r, at, false, Kind::io_submitted, {50, 0, 3, frame, 9, 0, extent, 1, 0, 0, 0});
    r.events[at].environment = 2;
}

// Which of the story's events is meant: requests 0 complied with, 1 refused, 2 of an extent; taken
// 0 frame 22 (saved), 1 frame 21 (lost), 2 the extent; repossessed 0 frame 21, 1 frame 22, 2 the
// extent, 3 the console. Frames released 25, 24, 23, then by force 21, 22.
constexpr Broken stories[] = {
    {"policy-is-told-what-is-so", "the victim that is let be is not mapped",
     [](Recording& r) { set(nth(r, Kind::no_victim), "page", 0x40099); }},
    {"policy-is-told-what-is-so", "a page that is mapped is taken from the policy",
     [](Recording& r) {
         Event& event = nth(r, Kind::no_victim);
         const std::uint64_t page = event.payload[1];
         event.kind = static_cast<std::uint16_t>(Kind::page_withdrawn);
         event.payload = {page, 20};
     }},
    {"claims-belong-to-an-open-fault", "a victim is sought for a fault that is not open",
     [](Recording& r) { set(nth(r, Kind::no_victim), "sequence", 99); }},
    {"revocations-come-one-at-a-time", "a number is left out",
     [](Recording& r) { set(nth(r, Kind::revocation_requested, 1), "number", 5); }},
    {"revocations-come-one-at-a-time", "the receiver is asked again meanwhile",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::revocation_expired);
         const Event first = nth(r, Kind::revocation_requested, 1);
         insert(r, at, false, Kind::revocation_requested,
                {3, 2, first.payload[2], 2, 1, 1000, 1, 1});
     }},
    {"revocations-come-one-at-a-time", "an environment asks itself",
     [](Recording& r) { set(nth(r, Kind::revocation_requested), "asker", 2); }},
    {"revocations-come-one-at-a-time", "the binding is not derived from one of the asker's",
     [](Recording& r) { nth(r, Kind::revocation_requested).payload[2] += 64ull * 40; }},
    {"revocations-come-one-at-a-time", "more is asked for than there is",
     [](Recording& r) {
         set(nth(r, Kind::revocation_requested), "count", 9);
         set(nth(r, Kind::revocation_requested), "asked", 9);
     }},
    {"revocations-come-one-at-a-time", "there is no time at all",
     [](Recording& r) { set(nth(r, Kind::revocation_requested), "deadline", 999); }},
    {"revocation-raises-its-upcalls", "the revoke entry is entered twice for one request",
     [](Recording& r) {
         const Event upcall = r.events[upcall_to(r, revoke)];
         const std::size_t at = upcall_to(r, revoke) + 1;
         insert(r, at, false, Kind::upcall, {5, upcall.payload[1], 0, 512, 256, 0x115000, 1, 0});
         r.events[at].environment = 2;
     }},
    {"revocation-raises-its-upcalls", "a repossession is told of that there was not",
     [](Recording& r) { erase(r, index_of(r, Kind::repossessed, 3)); }},
    {"revocation-raises-its-upcalls", "the upcall of a repossession is forgotten",
     [](Recording& r) {
         erase(r, upcall_to(r, repossession) + 1);
         Event& upcall = r.events[upcall_to(r, repossession)];
         set(upcall, "entry", 2);
         set(upcall, "address", 0x401080);
         erase(r, index_of(r, Kind::repossession_seen));
     }},
    {"revocation-raises-its-upcalls", "the receiver waits untold",
     [](Recording& r) {
         const std::size_t at = upcall_to(r, repossession);
         erase(r, at + 3);
         erase(r, at + 2);
         erase(r, at + 1);
         erase(r, at);
     }},
    {"upcall-enters-the-registered-entry", "the revoke upcall enters elsewhere",
     [](Recording& r) { r.events[upcall_to(r, revoke)].payload[1] += 4; }},
    {"upcall-enters-the-registered-entry", "the repossession upcall enters elsewhere",
     [](Recording& r) { r.events[upcall_to(r, repossession)].payload[1] += 4; }},
    {"children-are-named-by-their-creator", "an environment names its creator",
     [](Recording& r) {
         insert(r, r.events.size() - 2, true, Kind::child_started, {1, 'x'});
         r.events[r.events.size() - 3].environment = 2;
     }},
    {"revocation-claims-match-kernel-facts", "the libOS sees another count",
     [](Recording& r) { set(nth(r, Kind::revocation_seen), "count", 3); }},
    {"revocation-claims-match-kernel-facts", "the libOS sees another deadline",
     [](Recording& r) { nth(r, Kind::revocation_seen).payload[3] += 1; }},
    {"revocation-claims-match-kernel-facts", "it chooses without having seen the request",
     [](Recording& r) { erase(r, index_of(r, Kind::revocation_seen)); }},
    {"revocation-claims-match-kernel-facts", "it chooses a frame that was not asked for",
     [](Recording& r) { set(nth(r, Kind::frame_chosen), "frame", 5); }},
    {"revocation-claims-match-kernel-facts", "a slot tells the libOS of another frame",
     [](Recording& r) { set(nth(r, Kind::repossession_seen), "frame", 25); }},
    {"revocation-claims-match-kernel-facts", "a slot tells the libOS of another page",
     [](Recording& r) { nth(r, Kind::repossession_seen).payload[4] += 1; }},
    {"revocation-claims-match-kernel-facts", "the page is restored from another block",
     [](Recording& r) { set(nth(r, Kind::page_restored), "block", 8); }},
    {"revocation-claims-match-kernel-facts", "another block is read than the one that is said",
     [](Recording& r) {
         set(nth(r, Kind::read_submitted), "block", 8);
         set(nth(r, Kind::io_submitted), "block", 8);
     }},
    {"revocation-claims-match-kernel-facts", "a page is restored that was lost",
     [](Recording& r) { nth(r, Kind::page_restored).payload[0] += 1; }},
    {"abandoned-because-refused", "nothing was refused",
     [](Recording& r) { set(r.events[index_of(r, Kind::fault_abandoned) - 1], "error", 0); }},
    {"abandoned-because-refused", "something else was refused",
     [](Recording& r) { nth(r, Kind::fault_abandoned).payload[3] += 1; }},
    {"abandoned-because-refused", "another thread's fault is given up",
     [](Recording& r) { nth(r, Kind::fault_abandoned).payload[2] += 1; }},
    {"resume-after-install", "nobody says that the fault was given up",
     [](Recording& r) { erase(r, index_of(r, Kind::fault_abandoned)); }},
    {"revocation-ends-once-and-adds-up", "less is given than is said",
     [](Recording& r) { nth(r, Kind::revocation_ended, 1).payload[2] += 1; }},
    {"revocation-ends-once-and-adds-up", "one that was taken counts as given",
     [](Recording& r) {
         set(nth(r, Kind::revocation_ended, 1), "given", 2);
         set(nth(r, Kind::revocation_ended, 1), "taken", 1);
     }},
    {"revocation-ends-once-and-adds-up", "nothing is missing, it says",
     [](Recording& r) {
         set(nth(r, Kind::revocation_ended, 1), "taken", 3);
         set(nth(r, Kind::revocation_ended, 1), "missing", 0);
     }},
    {"revocation-ends-once-and-adds-up", "it never ends",
     [](Recording& r) { erase(r, index_of(r, Kind::revocation_ended, 1)); }},
    {"revocation-ends-once-and-adds-up", "it ends twice",
     [](Recording& r) {
         insert(r, index_of(r, Kind::revocation_ended) + 1, false, Kind::revocation_ended,
                {1, 2, 2, 0, 0});
     }},
    {"revocation-ends-once-and-adds-up", "another environment was asked",
     [](Recording& r) { set(nth(r, Kind::revocation_ended), "receiver", 3); }},
    {"who-complies-loses-nothing", "a frame is taken before the deadline",
     [](Recording& r) { nth(r, Kind::frame_released).environment = 1; }},
    {"who-complies-loses-nothing", "what was taken by force is not counted",
     [](Recording& r) {
         set(nth(r, Kind::revocation_ended, 1), "given", 3);
         set(nth(r, Kind::revocation_ended, 1), "taken", 0);
     }},
    {"deadline-is-the-receivers-own-time", "it passes early",
     [](Recording& r) {
         set(nth(r, Kind::revocation_requested, 1), "deadline", 1500);
         set(nth(r, Kind::revocation_seen, 1), "deadline", 1500);
     }},
    {"deadline-is-the-receivers-own-time", "the time of others counts",
     [](Recording& r) { // the receiver gets the processor just before
         move_event(r, upcall_to(r, revoke, 1) - 1, index_of(r, Kind::revocation_expired) - 1);
     }},
    {"deadline-is-the-receivers-own-time", "it passes late",
     [](Recording& r) {
         for (std::size_t i = index_of(r, Kind::revocation_expired) - 1; i < r.events.size(); ++i)
             r.events[i].time += 5000;
     }},
    {"deadline-is-the-receivers-own-time", "it never passes, and the receiver goes on",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::revocation_expired);
         const std::uint64_t extra = 6000;
         for (const std::uint64_t rip : {0x405800u, 0x405900u}) {
             insert(r, at, false, Kind::system_call, {20, 0, 0, rip, 0});
             r.events[at].environment = 2;
         }
         for (std::size_t i = at; i < r.events.size(); ++i)
             r.events[i].time += extra;
     }},
    {"deadline-is-the-receivers-own-time", "it passes twice",
     [](Recording& r) {
         insert(r, index_of(r, Kind::revocation_expired) + 1, false, Kind::revocation_expired,
                {2, 2});
     }},
    {"nothing-is-taken-before-the-deadline", "the deadline never passed",
     [](Recording& r) { erase(r, index_of(r, Kind::revocation_expired)); }},
    {"nothing-is-taken-before-the-deadline", "it is taken for a revocation that has ended",
     [](Recording& r) { set(nth(r, Kind::binding_taken), "number", 1); }},
    {"guaranteed-frames-are-spared", "a guaranteed frame is taken",
     [](Recording& r) {
         set(nth(r, Kind::guaranteed), "capability",
             value_of(nth(r, Kind::binding_taken), "capability"));
         set(nth(r, Kind::guaranteed), "frame", 22);
     }},
    {"guaranteed-frames-are-spared", "the set has another size than is said",
     [](Recording& r) { set(nth(r, Kind::guaranteed), "count", 2); }},
    {"guaranteed-frames-are-spared", "another frame is guaranteed than was named",
     [](Recording& r) { set(nth(r, Kind::guaranteed), "frame", 21); }},
    {"force-touches-only-what-was-asked-for", "a binding of the asker is broken",
     [](Recording& r) {
         insert(r, index_of(r, Kind::binding_taken), false, Kind::binding_broken,
                {3, capability_of(15), 1, 0, 0});
     }},
    {"force-touches-only-what-was-asked-for", "another frame's translation is removed",
     [](Recording& r) {
         insert(r, index_of(r, Kind::binding_taken), false, Kind::translation_removed,
                {0x40000, 5, translation_of(5) | 0x20, 0x20, 77, 1, 0, 0});
     }},
    {"force-touches-only-what-was-asked-for", "the extent is taken for the memory",
     [](Recording& r) {
         set(nth(r, Kind::binding_taken), "capability",
             value_of(nth(r, Kind::binding_taken, 2), "capability"));
     }},
    {"taken-frame-has-no-translation", "its translation is still there",
     [](Recording& r) {
         const Event removed = nth(r, Kind::binding_taken);
         for (std::size_t i = r.events.size(); i-- != 0;)
             if (r.events[i].kind == static_cast<std::uint16_t>(Kind::translation_removed) &&
                 value_of(r.events[i], "frame") == value_of(removed, "frame"))
                 erase(r, i);
     }},
    {"taken-frame-has-no-translation", "the TLB may still hold it",
     [](Recording& r) { set(nth(r, Kind::translation_removed, 3), "flushed", 0); }},
    {"taken-frame-has-no-translation", "it is mapped again before it is free",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::state_saved);
         insert(r, at, false, Kind::translation_installed,
                {0x40007, 22, 0, translation_of(22), 2, receiver_table, capability_of(22), 0});
         r.events[at].environment = 2;
     }},
    {"contents-are-saved-before-the-frame-is-free", "the write is not over",
     [](Recording& r) {
         move_event(r, index_of(r, Kind::frame_released, 4), index_of(r, Kind::state_saved));
     }},
    {"contents-are-saved-before-the-frame-is-free", "the write never ended",
     [](Recording& r) { erase(r, index_of(r, Kind::state_saved)); }},
    {"contents-are-saved-before-the-frame-is-free", "another frame is written",
     [](Recording& r) { set(nth(r, Kind::state_saving), "frame", 20); }},
    {"contents-are-saved-before-the-frame-is-free", "a slot is passed over",
     [](Recording& r) { set(nth(r, Kind::state_saving), "slot", 5); }},
    {"contents-are-saved-before-the-frame-is-free", "another request completes",
     [](Recording& r) { set(nth(r, Kind::state_saved), "request", 9); }},
    {"contents-are-saved-before-the-frame-is-free", "the disk did not interrupt",
     [](Recording& r) { erase(r, index_of(r, Kind::state_saved) - 1); }},
    {"nothing-goes-under-a-request", "a frame is given back while the disk fills it",
     [](Recording& r) { read_before(r, index_of(r, Kind::binding_broken), 25); }},
    {"nothing-goes-under-a-request", "a frame is taken while the disk fills it",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::binding_taken);
         read_before(r, at, 22);
         insert(r, at + 2, false, Kind::io_completed, {50, 0, 9, 22, 2});
     }},
    {"nothing-goes-under-a-request", "an extent is broken while the disk reads from it",
     [](Recording& r) {
         const Event& taken = nth(r, Kind::binding_taken, 2);
         const std::uint64_t extent = value_of(taken, "capability");
         const std::size_t at = index_of(r, Kind::binding_taken, 2) - 1;
         insert(r, at, false, Kind::io_submitted, {50, 0, 3, 20, 9, 0, extent, 1, 0, 0, 0});
         r.events[at].environment = 2;
     }},
    {"repossession-tells-what-was-taken", "somebody else is told",
     [](Recording& r) { set(nth(r, Kind::repossessed), "receiver", 1); }},
    {"repossession-tells-what-was-taken", "the holder is said to be somebody else",
     [](Recording& r) { set(nth(r, Kind::binding_taken, 2), "holder", 1); }},
    {"repossession-tells-what-was-taken", "a frame that is lost is said to be saved",
     [](Recording& r) { set(nth(r, Kind::repossessed), "state", 3); }},
    {"repossession-tells-what-was-taken", "a frame whose write failed is said to be saved",
     [](Recording& r) { set(nth(r, Kind::state_saved), "error", 11); }},
    {"repossession-tells-what-was-taken", "a slot is used twice",
     [](Recording& r) { set(nth(r, Kind::repossessed), "slot", 0); }},
    {"repossession-tells-what-was-taken", "another binding is named",
     [](Recording& r) { nth(r, Kind::repossessed, 2).payload[2] += 64; }},
    {"repossession-tells-what-was-taken", "nobody is told of a frame",
     [](Recording& r) { erase(r, index_of(r, Kind::repossessed)); }},
    {"repossession-tells-what-was-taken", "nobody is told of the extent",
     [](Recording& r) { erase(r, index_of(r, Kind::repossessed, 2)); }},
    {"repossession-tells-what-was-taken", "one is told of that still stands",
     [](Recording& r) { nth(r, Kind::repossessed, 3).payload[2] += 64; }},
    {"what-is-used-is-bound", "a frame is free whose binding stands",
     [](Recording& r) { erase(r, index_of(r, Kind::binding_broken, 3)); }},
    {"what-is-used-is-bound", "a binding has more rights than what it is derived from",
     [](Recording& r) { set(nth(r, Kind::binding_made), "rights", 1); }},
    {"what-is-used-is-bound", "a console is made out of memory",
     [](Recording& r) { set(nth(r, Kind::binding_made, 1), "kind", 9); }},
    {"what-is-used-is-bound", "a frame's binding is broken as a console",
     [](Recording& r) { set(nth(r, Kind::binding_broken), "kind", 9); }},
    {"removal-returns-the-bits", "nothing was installed there",
     [](Recording& r) { nth(r, Kind::translation_removed).payload[0] += 9; }},
    {"taken-frame-has-no-translation", "it was written, and is said to be clean",
     [](Recording& r) { set(nth(r, Kind::binding_taken), "bits", 0x20); }},
    {"deadline-is-the-receivers-own-time", "the timer did not interrupt",
     [](Recording& r) { set(nth(r, Kind::interrupt), "vector", 0x41); }},
    {"handler-runs-for-its-upcall", "the request is seen before its handler runs",
     [](Recording& r) { erase(r, upcall_to(r, revoke) + 1); }},
    {"system-call-accounts-for-its-effects", "an entry of another environment is set",
     [](Recording& r) { set(nth(r, Kind::entry_set, 3), "environment", 1); }},
    {"system-call-accounts-for-its-effects", "another binding is passed on than was named",
     [](Recording& r) { nth(r, Kind::binding_made, 1).payload[2] += 64; }},
    {"only-the-running-environment-acts", "an environment is created in another's name",
     [](Recording& r) { set(nth(r, Kind::environment_created), "parent", 2); }},
    {"system-call-accounts-for-its-effects", "the asker is told of more than it got",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::revocation_ended) + 1;
         set(r.events[at], "value", 3);
     }},
    {"system-call-accounts-for-its-effects", "the asker is not told that something is missing",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::revocation_ended, 1) + 1;
         set(r.events[at], "error", 0);
     }},
    {"system-call-accounts-for-its-effects", "another binding is dropped than was named",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::frame_released) + 1;
         r.events[at].payload[4] += 64;
     }},
    {"system-call-accounts-for-its-effects", "another frame is guaranteed than was named",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::guaranteed) + 1;
         r.events[at].payload[4] += 64;
     }},
};

} // namespace

std::span<const Broken> broken_revocations() { return stories; }

} // namespace story
