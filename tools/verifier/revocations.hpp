// tools/verifier/revocations.hpp - what a recording has said so far of visible revocation: who was
// asked for what, what came back, what was taken, saved and told.
//
// Stands beside State, which holds one and feeds it. It follows the derivation of bindings, because
// what is asked for is a binding and what comes back lies below it.

#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "bindings/abi/capability.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/verifier/processor_time.hpp"

namespace verifier {

// A slot of a capability table. A frame that becomes a page table is renamed, but keeps its slot.
struct Binding {
    std::uint32_t holder = 0, slot = 0;
    auto operator<=>(const Binding&) const = default;
};
inline Binding binding_of(std::uint64_t holder, std::uint64_t capability) {
    return {static_cast<std::uint32_t>(holder), abi::slot_of({capability})};
}

/// What a request for a binding of that kind counts: "1 frame", "2 frames", "1 disk extent".
std::string units(std::uint64_t kind, std::uint64_t number);

struct Revocation {
    std::uint64_t number = 0;
    std::uint32_t receiver = 0, asker = 0;
    std::uint64_t capability = 0, kind = 0, count = 0, deadline = 0, asked = 0;
    Binding target;
    std::uint64_t begun = 0;    // processor time of the receiver by then
    std::uint64_t switches = 0; // of the processor by then
    // Events of the receiver's processor since, at most two. At the second one its clock counts:
    // the first may be of a call that was under way.
    std::uint64_t own_events = 0;
    std::uint64_t surely_begun = 0; // processor time that it surely had by then
    bool open = false;              // asked, not ended
    bool expired = false;
    bool broken = false; // the binding that was asked for is gone
    std::uint64_t given_in_time = 0, given_before_force = 0; // frames that came back by themselves
    std::uint64_t given = 0;                                 // all of them
    std::uint64_t forced = 0;                                // frames that others made free
    std::uint64_t taken = 0;                                 // bindings
    std::uint64_t saving = 0;                                // writes in flight

    bool of_memory() const { return kind == static_cast<std::uint64_t>(abi::Kind::memory); }
    bool is_met() const { return broken || (of_memory() && given + forced >= asked); }
    bool is_under_way() const { return open && !is_met(); }
};

// A binding that was taken by force, until it is told of and gone.
struct Taken {
    std::uint64_t number = 0, holder = 0, capability = 0, kind = 0, frame = 0;
    std::optional<std::uint64_t> page = {}, request = {}; // where it was mapped; the write of it
    std::uint64_t slot = 0, block = 0, error = 0;
    bool saved = false; // the write is over
    bool told = false;
};

// What a slot of a repossession vector tells.
struct Told {
    std::uint64_t capability = 0, frame = 0, state = 0;
    std::optional<std::uint64_t> page = {},
                                 block = {}; // where the contents were, and where they are now
};

// Whether a receiver has an upcall to come. What its processor does and what others raise for it
// have no order but that of their times, so there are moments at which both are right.
struct Raised {
    bool surely = false;               // and not delivered, nor taken by who looks for it
    bool perhaps = false;              // it was looked at, or raised just when it was taken
    std::uint64_t first = 0, last = 0; // times at which that was
    void raise(std::uint64_t time);
    /// Delivered, or taken by a libOS whose event before that was at `looked`.
    void take(std::uint64_t looked);
    /// What it is for was found, by who has not said that it takes it.
    void look();
};

struct Receiver {
    std::uint64_t next_slot = 0;
    std::unordered_map<std::uint64_t, Told> slots;
    std::vector<Told> untold; // frames that were taken without a slot, by which it would know
    bool mends = false;       // it has to find out what was taken without a slot
    std::unordered_map<std::uint64_t, std::uint64_t> saved;         // page -> block
    std::unordered_map<std::uint64_t, std::uint64_t> restored;      // page -> block, as claimed
    std::map<std::uint32_t, std::vector<std::uint64_t>> guaranteed; // slot -> frames
    std::set<std::uint64_t> unwritten; // pages restored, not read from their own block since
    std::set<std::uint64_t> seen;      // numbers, as claimed
    std::set<std::uint64_t> unseen;    // slots that it has not said it looked into
    std::vector<Binding> bound;        // frames of the call under way
    Raised revoke, repossession;
    std::uint64_t last_event = 0; // time of its own last one
    std::uint32_t creates = 0;    // the environment that the call under way has made
    bool started = false, ended = false;
    bool stopped = false; // it has no processor time any more: nobody waits for it
};

struct Made {
    std::uint64_t kind = 0, rights = 0;
};

class Revocations {
public:
    /// `sleeps`: it says that the time of somebody who waits for nothing of its own is up.
    void apply(const recording::Event& event, bool sleeps);
    /// The translation that `event` removes led through this binding of its frame.
    void apply_removed(const recording::Event& event, Binding through);
    void apply_claim(const recording::Event& event);

    const ProcessorTime& time() const { return time_; }
    std::uint64_t last_number() const { return last_number_; }
    /// The latest one that asks this environment; number 0 if there was none.
    const Revocation& of_receiver(std::uint32_t environment) const;
    /// The latest one of this number; number 0 if there was none.
    const Revocation& numbered(std::uint64_t number) const;
    const std::map<std::uint32_t, Revocation>& all() const { return latest_; }
    const Receiver& receiver(std::uint64_t environment) const;
    /// Whether force has this frame with this page of the environment, which may not know it yet:
    /// the contents are being saved, or a slot of its vector says so.
    bool has_lost(std::uint32_t environment, std::uint64_t frame, std::uint64_t page) const;
    /// The same, whichever frame it lay in; its page table may have gone instead.
    bool has_lost(std::uint32_t environment, std::uint64_t page) const;
    /// The frame was taken by force and is not free yet; nullptr: it was not.
    const Taken* taken(std::uint64_t frame) const;
    /// What was taken last, if it is no frame and has not been told of yet.
    const std::optional<Taken>& taken_whole() const { return whole_; }

    /// Whether the request saves the contents of a frame.
    bool is_saving(std::uint64_t request) const;
    /// The binding that was broken last, and its kind.
    Binding last_broken() const { return last_broken_; }
    std::uint64_t last_broken_kind() const { return last_broken_kind_; }
    /// As it was made; nothing if that is not in the recording.
    std::optional<Made> made(Binding binding) const;
    /// Whether something was taken for this number that is not free yet.
    /// What the environment undid, since its last call, that was not asked for: events.
    const std::vector<std::uint64_t>& strays(std::uint32_t asker) const;
    bool holds_taken(std::uint64_t number) const;
    /// Accessed and dirty, of the translations to the frame that force removed.
    std::uint64_t forced_bits(std::uint64_t frame) const;
    bool is_below(Binding binding, Binding above) const;
    bool is_below_any_of(Binding binding, std::uint32_t holder) const;
    /// The same for the memory that the frame was bound from, or for its own binding.
    bool is_frame_below(std::uint64_t frame, Binding above) const;
    std::uint32_t owner_of_frame(std::uint64_t frame) const;
    /// Whether `own` is the first binding of the frame.
    bool is_own(std::uint64_t frame, Binding own) const;
    /// How many frames lie below it; counting ends with `enough`.
    std::uint64_t frames_below(Binding above, std::uint64_t enough) const;

private:
    void apply_binding(const recording::Event& event);
    void apply_request(const recording::Event& event, bool sleeps);
    void apply_force(const recording::Event& event);
    void apply_told(const recording::Event& event);
    void apply_own(const recording::Event& event);
    void apply_released(const recording::Event& event);
    Revocation* find(std::uint64_t number);
    const Revocation* force_of(std::uint32_t asker) const;
    bool names_who_ended(Binding binding) const;

    struct Forced { // translations to a frame that force removed
        std::uint64_t bits = 0, page = 0, pages = 0;
    };
    struct OwnedFrame {
        Binding own;
        std::optional<Binding> memory;
    };

    ProcessorTime time_;
    std::uint64_t last_number_ = 0;
    std::map<std::uint32_t, Revocation> latest_; // by receiver
    std::map<Binding, Binding> parents_;
    std::map<std::uint64_t, OwnedFrame> frames_;
    std::map<Binding, std::uint64_t> frame_of_; // of the first binding of a frame
    std::map<std::uint64_t, Taken> taken_;      // by frame
    std::optional<Taken> whole_;
    Binding last_broken_;
    std::uint64_t last_broken_kind_ = 0;
    std::map<Binding, Made> made_;
    std::map<Binding, std::uint32_t> names_; // of environments: the creator's bindings
    std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> strays_; // by asker
    std::unordered_map<std::uint64_t, Forced> forced_;                     // by frame
    std::unordered_map<std::uint32_t, Receiver> receivers_;
};

} // namespace verifier
